//! Dotted names, of metrics, destinations and tables, without the ids and hosts that some programs put into them.
//!
//! A name is wording unless a segment is surely data: `http.server.duration`, `process.cpu.p99`, `k8s.node.cpu` and
//! `memory.usage.v2` stay as they are, `gc.pause.host17`, `web01.requests` and `queue.4711.depth` do not.

use std::ops::Range;

use crate::mine::sink::Sink;
use crate::mine::words::is_technical;

/// Writes a name with what is data in it masked.
pub fn write<S: Sink>(name: &[u8], sink: &mut S) {
    // Without an early end the look is a few instructions for sixteen bytes.
    if name.iter().filter(|byte| matches!(byte, b'0'..=b'9' | b'@')).count() == 0 {
        return sink.part(name);
    }
    let mut done = 0;
    let mut at = 0;
    let mut before: &[u8] = b"";
    while at < name.len() {
        let end = segment_end(name, at);
        let segment = &name[at..end];
        let data = if let Some(address) = address_end(name, at) {
            Some(at..address)
        } else {
            is_data(segment, before).then_some(at..end)
        };
        before = segment;
        at = end;
        let Some(Range { start, end }) = data else {
            at += 1;
            continue;
        };
        sink.part(&name[done..start]);
        sink.variable(name, start..end, None);
        done = end;
        at = end + 1;
    }
    sink.part(&name[done.min(name.len())..]);
}

fn segment_end(name: &[u8], from: usize) -> usize {
    name[from..].iter().position(|byte| matches!(byte, b'.' | b'/' | b':' | b' ')).map_or(name.len(), |end| from + end)
}

/// The end of an IPv4 address that begins at a segment, whose dots are segments' as well.
fn address_end(name: &[u8], from: usize) -> Option<usize> {
    let length = name[from..].iter().take_while(|&&byte| byte.is_ascii_digit() || byte == b'.').count();
    let address = name[from..from + length].strip_suffix(b".").unwrap_or(&name[from..from + length]);
    let parts = address.split(|&byte| byte == b'.');
    let is_address = parts.clone().count() == 4 && parts.clone().all(|part| matches!(part.len(), 1..=3));
    is_address.then_some(from + address.len())
}

/// Whether a segment is an id or a host, told by its form and by the segment before it.
fn is_data(segment: &[u8], before: &[u8]) -> bool {
    let digits = segment.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || is_technical(segment) {
        return segment.contains(&b'@');
    }
    if digits == segment.len() {
        return !is_numbered(before);
    }
    let is_hex = |part: &[u8]| {
        part.len() >= 8
            && part.iter().all(u8::is_ascii_hexdigit)
            && part.iter().any(u8::is_ascii_digit)
            && part.iter().any(u8::is_ascii_alphabetic)
    };
    segment.contains(&b'@')
        || segment.split(|byte| matches!(byte, b'-' | b'_')).any(|part| is_hex(part) || is_long_number(part))
        || is_host(segment)
}

/// Whether it ends with a number longer than any unit's, quantile's or standard's.
fn is_long_number(part: &[u8]) -> bool {
    part.iter().rev().take_while(|byte| byte.is_ascii_digit()).count() >= 5
}

/// Words that a number stands behind which is no id: `percentile.99`, `load.15`, `responses.503`.
fn is_numbered(word: &[u8]) -> bool {
    let last = word.rsplit(|byte| matches!(byte, b'_' | b'-')).next().unwrap_or_default();
    matches!(
        last,
        b"p" | b"percentile"
            | b"percentiles"
            | b"quantile"
            | b"q"
            | b"le"
            | b"load"
            | b"loadavg"
            | b"rate"
            | b"gen"
            | b"generation"
            | b"level"
            | b"tier"
            | b"code"
            | b"codes"
            | b"status"
            | b"response"
            | b"responses"
            | b"version"
            | b"v"
    )
}

/// Letters and a number behind them, where the letters say that it is one of many alike, or the number is padded as
/// hosts' are: `web01`, `node-3`.
fn is_host(segment: &[u8]) -> bool {
    let digits = segment.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (stem, number) = segment.split_at(segment.len() - digits);
    if number.is_empty() || !stem.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_')) {
        // The address that clouds make a name of.
        return segment.strip_prefix(b"ip-").is_some_and(|rest| {
            rest.split(|&byte| byte == b'-').filter(|part| part.iter().all(u8::is_ascii_digit)).count() == 4
        });
    }
    if number.len() >= 2 && number[0] == b'0' {
        return true;
    }
    let stem = stem.strip_suffix(b"-").or(stem.strip_suffix(b"_")).unwrap_or(stem);
    let last = stem.rsplit(|byte| matches!(byte, b'-' | b'_')).next().unwrap_or_default();
    is_one_of_many(&last.to_ascii_lowercase())
}

fn is_one_of_many(word: &[u8]) -> bool {
    matches!(
        word,
        b"app"
            | b"broker"
            | b"client"
            | b"customer"
            | b"db"
            | b"device"
            | b"executor"
            | b"host"
            | b"instance"
            | b"job"
            | b"machine"
            | b"node"
            | b"order"
            | b"orders"
            | b"partition"
            | b"pod"
            | b"replica"
            | b"server"
            | b"shard"
            | b"srv"
            | b"task"
            | b"tenant"
            | b"thread"
            | b"user"
            | b"vm"
            | b"web"
            | b"worker"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mine::sink::Skeleton;

    fn masked(name: &str) -> String {
        let mut sink = Skeleton::default();
        write(name.as_bytes(), &mut sink);
        String::from_utf8(sink.text().to_vec()).unwrap()
    }

    #[test]
    fn ids_and_hosts_are_masked() {
        for (name, shape) in [
            ("jvm.gc.pause.host17", "jvm.gc.pause.<*>"),
            ("statsd.web01.requests", "statsd.<*>.requests"),
            ("queue.4711.depth", "queue.<*>.depth"),
            ("kafka.broker-3.bytes", "kafka.<*>.bytes"),
            ("collectd.10.0.0.17.load", "collectd.<*>.load"),
            ("ec2.ip-10-0-0-17.cpu", "ec2.<*>.cpu"),
            ("pods.checkout-7d9f8b6c5d-x2x4z.memory", "pods.<*>.memory"),
            ("job.123e4567-e89b-12d3-a456-426614174000.time", "job.<*>.time"),
            ("custom/orders-17/latency", "custom/<*>/latency"),
            ("user.alice@shop.example.logins", "user.<*>.example.logins"),
            ("17", "<*>"),
            ("a.17.18", "a.<*>.<*>"),
        ] {
            assert_eq!(masked(name), shape, "{name}");
        }
    }

    #[test]
    fn ordinary_names_stay() {
        for name in [
            "http.server.duration",
            "process.cpu.p99",
            "k8s.node.cpu",
            "system.memory.usage.v2",
            "system.cpu.load_average.15m",
            "load.15",
            "latency.percentile.99",
            "http.responses.503",
            "http.2xx",
            "dotnet.gc.gen2.size",
            "jvm.gc.G1 Young Generation.count",
            "sha256.hashes",
            "ipv4.packets",
            "http2.streams",
            "aws.s3.requests",
            "rate.m15_rate",
            "go_gc_duration_seconds",
            "/gc/heap/allocs:bytes",
            "h264.frames",
            "neo4j.bolt.connections",
            "c3p0.pool.size",
            "r2dbc.pool.acquired",
            "",
            ".",
            "a..b1",
        ] {
            assert_eq!(masked(name), name);
        }
    }
}
