//! Structured bodies: sorted key paths with their types, then the skeleton of the message that they carry.

mod keys;
mod levels;
pub mod outline;
mod scanner;
pub mod strings;

use super::bits::Bits;
use super::sink::MARK;
use super::sink::Sink;
use super::words::is_method;
use super::{MINED_BYTES, Masks, TRUTHS, head};
use super::{clues, text};
use crate::any::{Any, each_pair, has_entries};
use crate::class::{Clues, Probe, Severity};
use crate::wire::Malformed;
use keys::{Asks, message_rank};
use levels::Level;
use scanner::Scanner;

/// Deeper structures and wider ones are cut: their shape says `*` there.
const DEPTH: usize = 32;
const LEAVES: usize = 128;

/// Mines a JSON object, also one whose end was cut off: its shape says `*` and its message counts if it came in time.
/// `None` when the text is none; then nothing was written to `sink`.
pub fn json<S: Sink>(text: &[u8], masks: &Masks, bits: &mut Bits, sink: &mut S, clues: &mut Clues) -> Option<Severity> {
    let mut found = Found { clues: *clues, ..Found::default() };
    let mut scanner = Scanner { text, at: 0, found: &mut found };
    let is_whole = scanner.object(&mut Vec::new(), 0).is_some();
    if scanner.at != text.len() {
        return None;
    }
    if !is_whole {
        if found.is_empty() {
            return None;
        }
        found.wide = true;
    }
    Some(found.write(masks, bits, sink, clues))
}

/// Mines an encoded `KeyValueList`.
pub fn map<S: Sink>(
    encoded: &[u8],
    masks: &Masks,
    bits: &mut Bits,
    sink: &mut S,
    clues: &mut Clues,
) -> Result<Severity, Malformed> {
    let mut found = Found { clues: *clues, ..Found::default() };
    walk(encoded, &mut Vec::new(), 0, &mut found)?;
    Ok(found.write(masks, bits, sink, clues))
}

fn walk(encoded: &[u8], path: &mut Vec<u8>, depth: usize, found: &mut Found) -> Result<(), Malformed> {
    each_pair(encoded, 1, |pair| {
        let parent = path.len();
        push_key(path, pair.key);
        match Any::read(&pair.value)? {
            Any::Map(inner) if depth < DEPTH => {
                found.container(pair.key, has_entries(&inner));
                walk(&inner, path, depth + 1, found)?;
            }
            Any::Map(_) => found.leaf(path, b'*'),
            Any::Array(items) => {
                found.container(pair.key, has_entries(&items));
                found.leaf(path, b'a');
            }
            Any::Text(value) => found.scalar(path, pair.key, value, b's', depth),
            Any::Bool(value) => found.scalar(path, pair.key, if value { b"true" } else { b"false" }, b'b', depth),
            Any::Int(value) => found.scalar(path, pair.key, value.to_string().as_bytes(), b'n', depth),
            Any::Double(value) => found.scalar(path, pair.key, value.to_string().as_bytes(), b'n', depth),
            Any::Bytes(_) => found.leaf(path, b'x'),
            Any::Empty => found.leaf(path, b'0'),
        }
        path.truncate(parent);
        Ok(())
    })
}

/// A key as it stands in a path: one that carries data rather than a name is a variable.
fn push_key(path: &mut Vec<u8>, key: &[u8]) {
    if !path.is_empty() {
        path.push(b'.');
    }
    let named = !key.is_empty() && key.len() <= 64 && key.iter().filter(|byte| byte.is_ascii_digit()).count() <= 1;
    path.extend_from_slice(if named { key } else { MARK });
}

/// What one structured body was found to hold.
#[derive(Default)]
struct Found {
    arena: Vec<u8>,
    leaves: Vec<(usize, usize, u8)>,
    /// How many truth values there were, and of those that tell by their number alone the leaf and its path's end.
    truths: usize,
    flags: Vec<(usize, usize)>,
    wide: bool,
    message: Option<(u8, Vec<u8>)>,
    severity: Severity,
    gelf: Gelf,
    clues: Clues,
}

/// What makes a body a GELF message, whose numeric level is syslog's: known once all of its keys were read.
#[derive(Default)]
struct Gelf {
    version: bool,
    short_message: bool,
    /// A level between 0 and 7, the worst of those named.
    level: Option<u8>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.leaves.is_empty() && self.message.is_none()
    }

    fn leaf(&mut self, path: &[u8], kind: u8) {
        if self.leaves.len() == LEAVES {
            self.wide = true;
            return;
        }
        let start = self.arena.len();
        self.arena.extend_from_slice(path);
        self.leaves.push((start, self.arena.len(), kind));
    }

    fn container(&mut self, key: &[u8], filled: bool) {
        if filled && matches!(key, b"error" | b"err" | b"exception") {
            self.clues.error = true;
        }
    }

    fn scalar(&mut self, path: &[u8], key: &[u8], value: &[u8], kind: u8, depth: usize) {
        self.truths += usize::from(kind == b'b');
        let mut name = [0; keys::LONGEST];
        let Some(name) = keys::lower(key, &mut name) else {
            return self.leaf(path, kind);
        };
        if depth == 0
            && kind == b's'
            && let Some(rank) = message_rank(name)
        {
            self.gelf.short_message |= name == b"short_message";
            if self.message.as_ref().is_none_or(|(best, _)| rank < *best) {
                self.message = Some((rank, value[..value.len().min(MINED_BYTES)].to_vec()));
            }
            return;
        }
        if depth == 0 {
            self.gelf.version |= name == b"version";
            if let ([digit @ b'0'..=b'7'], b'n', b"level") = (value, kind, key) {
                let level = digit - b'0';
                self.gelf.level = Some(self.gelf.level.map_or(level, |worst| worst.min(level)));
                return;
            }
        }
        match levels::read(path, name, value, kind == b's') {
            Some(Level::Known(class)) => {
                self.severity = self.severity.max(class);
                return self.leaf(path, kind);
            }
            Some(Level::Unknown) => return self.unknown_level(path, value, kind),
            None => {}
        }
        match keys::asks(name) {
            Asks::Nothing => {}
            Asks::Priority => {
                let class = match value {
                    [digit @ b'0'..=b'7'] => Severity::from_syslog(u32::from(digit - b'0')),
                    _ => Severity::from_word(value),
                };
                self.severity = self.severity.max(class);
            }
            Asks::Path => self.clues.probe |= Probe::path(value),
            Asks::Request => self.clues.probe |= is_probing(value),
            Asks::Agent => self.clues.probe |= Probe::agent(value),
            Asks::Outcome | Asks::Fault => {
                if clues::flag(name, value, depth == 0, &mut self.clues) {
                    return self.leaf(path, kind);
                }
                let value: &[u8] = if kind == b'0' { b"null" } else { value };
                clues::named(name, value, true, &mut self.clues);
            }
        }
        let is_flag = kind == b'b' && !keys::keeps_truth(key);
        if is_flag && self.truths <= TRUTHS {
            self.flags.push((self.leaves.len(), self.arena.len() + path.len()));
        }
        if kind == b's' && keys::says(key, value) || kind == b'b' && (!is_flag || self.truths <= TRUTHS) {
            return self.leaf(&[path, b"=", value].concat(), kind);
        }
        self.leaf(path, kind);
    }

    /// A level that nobody here knows must not hide in a type with the levels that are known.
    fn unknown_level(&mut self, path: &[u8], value: &[u8], kind: u8) {
        if matches!(kind, b's' | b'n') && levels::is_tellable(value) {
            self.leaf(&[path, b"=", value].concat(), kind);
        } else {
            self.leaf(path, kind);
        }
    }

    fn gelf_level(&mut self) {
        let Some(level) = self.gelf.level else { return };
        if self.gelf.version && self.gelf.short_message {
            self.severity = self.severity.max(Severity::from_syslog(u32::from(level)));
            self.leaf(b"level", b'n');
        } else {
            self.unknown_level(b"level", &[b'0' + level], b'n');
        }
    }

    fn write<S: Sink>(mut self, masks: &Masks, bits: &mut Bits, sink: &mut S, clues: &mut Clues) -> Severity {
        self.gelf_level();
        if self.truths > TRUTHS {
            for (leaf, end) in self.flags {
                if let Some(leaf) = self.leaves.get_mut(leaf) {
                    leaf.1 = end;
                }
            }
        }
        let arena = &self.arena;
        self.leaves.sort_unstable_by(|a, b| (&arena[a.0..a.1], a.2).cmp(&(&arena[b.0..b.1], b.2)));
        self.leaves.dedup_by(|a, b| arena[a.0..a.1] == arena[b.0..b.1] && a.2 == b.2);
        sink.part(b"{");
        if self.wide {
            sink.part(b"*");
        } else {
            for (index, &(start, end, kind)) in self.leaves.iter().enumerate() {
                if index > 0 {
                    sink.part(b",");
                }
                sink.part(&arena[start..end]);
                sink.part(&[b':', kind]);
            }
        }
        sink.part(b"}");
        *clues = self.clues;
        if let Some((_, message)) = self.message {
            sink.part(b" ");
            let head = head::read(&message);
            let named = text::mine(&message, &head, masks, bits, sink, clues);
            self.severity = self.severity.max(named);
        }
        self.severity
    }
}

/// Whether a request is a prober's, as web servers write it: `GET /healthz HTTP/1.1`.
fn is_probing(request: &[u8]) -> bool {
    let mut words = request.split(|&byte| byte == b' ');
    words.next().is_some_and(is_method) && words.next().is_some_and(Probe::path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::any::put_pair;
    use crate::class::Outcome;
    use crate::mine::sink::Skeleton;
    use crate::wire::put_bytes;

    fn mined(text: &str) -> (String, Severity, Clues) {
        let (mut sink, mut clues) = (Skeleton::default(), Clues::default());
        let severity = json(text.as_bytes(), &Masks::default(), &mut Bits::default(), &mut sink, &mut clues).unwrap();
        (String::from_utf8(sink.text().to_vec()).unwrap(), severity, clues)
    }

    #[test]
    fn of_a_maps_message_as_much_is_mined_as_of_a_text() {
        let message = "word ".repeat(4_000) + "status=503";
        let (mut text, mut encoded) = (Vec::new(), Vec::new());
        put_bytes(&mut text, 1, message.as_bytes());
        put_pair(&mut encoded, 1, "message", &text);
        let (mut sink, mut clues) = (Skeleton::default(), Clues::default());
        map(&encoded, &Masks::default(), &mut Bits::default(), &mut sink, &mut clues).unwrap();
        assert_eq!(sink.text(), [&b"{} "[..], &message.as_bytes()[..MINED_BYTES]].concat());
        assert_eq!(clues, Clues::default());
    }

    #[test]
    fn gelf_levels_are_syslogs() {
        for (level, severity) in
            [(0, Severity::Fatal), (3, Severity::Error), (4, Severity::Warn), (6, Severity::Info), (7, Severity::Debug)]
        {
            let first = format!(r#"{{"level":{level},"version":"1.1","short_message":"ready"}}"#);
            let last = format!(r#"{{"version":"1.1","short_message":"ready","level":{level}}}"#);
            assert_eq!(mined(&first).1, severity);
            assert_eq!(mined(&first), mined(&last));
            assert_eq!(mined(&first).0, "{level:n,version:s} ready");
        }
        assert_eq!(mined(r#"{"level":9,"version":"1.1","short_message":"ready"}"#).1, Severity::Unset);
    }

    #[test]
    fn a_small_number_is_no_level_outside_of_gelf() {
        for text in [
            r#"{"level":3,"msg":"ready"}"#,
            r#"{"level":3,"version":"2","msg":"ready"}"#,
            r#"{"level":3,"short_message":"x"}"#,
        ] {
            assert_eq!(mined(text).1, Severity::Unset, "{text}");
        }
        assert_ne!(mined(r#"{"level":3,"msg":"ready"}"#).0, mined(r#"{"level":6,"msg":"ready"}"#).0);
    }

    #[test]
    fn an_object_that_was_cut_off_keeps_its_message() {
        let text = r#"{"level":"error","msg":"took 15ms","order":{"id":"a-1","name":"b\"c"}}"#;
        for end in r#"{"level":"error","msg":"took 15ms""#.len()..text.len() {
            let (skeleton, severity, _) = mined(&text[..end]);
            assert_eq!((&*skeleton, severity), ("{*} took <*>", Severity::Error), "{}", &text[..end]);
        }
        for text in ["{", r#"{"msg"#, r#"{"msg":"took 15"#, "{not json", r#"{"a":1 b"#] {
            let (mut sink, mut clues) = (Skeleton::default(), Clues::default());
            let masks = Masks::default();
            assert_eq!(json(text.as_bytes(), &masks, &mut Bits::default(), &mut sink, &mut clues), None, "{text}");
        }
    }

    #[test]
    fn nested_levels_and_pythons_numbers_are_read() {
        for (text, severity) in [
            (r#"{"level":{"name":"error"},"msg":"x"}"#, Severity::Error),
            (r#"{"log":{"level":"error"},"msg":"x"}"#, Severity::Error),
            (r#"{"log.level":"error","msg":"x"}"#, Severity::Error),
            (r#"{"text":"x","record":{"level":{"name":"WARNING","no":30}}}"#, Severity::Warn),
            (r#"{"levelno":40,"msg":"x"}"#, Severity::Error),
            (r#"{"levelname":"CRITICAL","levelno":50,"msg":"x"}"#, Severity::Fatal),
            (r#"{"level":20,"levelno":20,"msg":"x"}"#, Severity::Info),
            (r#"{"level":50,"msg":"x"}"#, Severity::Error),
            (r#"{"levelno":25,"msg":"x"}"#, Severity::Unset),
            (r#"{"level":35,"msg":"x"}"#, Severity::Unset),
            (r#"{"player":{"level":20},"msg":"order placed"}"#, Severity::Unset),
            (r#"{"settings":{"level":"debug"},"msg":"order placed"}"#, Severity::Unset),
        ] {
            assert_eq!(mined(text).1, severity, "{text}");
        }
    }

    #[test]
    fn a_value_that_is_no_level_makes_no_type_of_its_own() {
        assert_eq!(mined(r#"{"s":"a-17","msg":"x"}"#).0, mined(r#"{"s":"b-18","msg":"x"}"#).0);
        assert_eq!(mined(r#"{"player":{"level":20}}"#).0, mined(r#"{"player":{"level":37}}"#).0);
        assert_eq!(mined(r#"{"level":"id 17"}"#).0, mined(r#"{"level":"id 18"}"#).0);
    }

    #[test]
    fn what_says_how_it_went_stands_in_the_shape() {
        for (text, shape) in [
            (r#"{"msg":"payment","status":"declined","id":"failed"}"#, "{id:s,status=declined:s} payment"),
            (r#"{"msg":"payment","status":"captured"}"#, "{status=captured:s} payment"),
            (
                r#"{"msg":"model","decision":"REVIEW","state":"powered_off"}"#,
                "{decision=REVIEW:s,state=powered_off:s} model",
            ),
            (
                r#"{"msg":"app","status":"web.shop.org","state":"node 7","reason":""}"#,
                "{reason:s,state:s,status:s} app",
            ),
            (
                r#"{"msg":"sent","tracking":"undeliverable","carrier":"dhl"}"#,
                "{carrier:s,tracking=undeliverable:s} sent",
            ),
            (r#"{"msg":"breaker","breaker":"closed","user":"closed"}"#, "{breaker=closed:s,user:s} breaker"),
            (r#"{"checks":{"db":"down","redis":"ok"},"db":"orders"}"#, "{checks.db=down:s,checks.redis=ok:s,db:s}"),
            (r#"{"msg":"ran","job":"crash-test","task":"failed-mails"}"#, "{job:s,task:s} ran"),
            (r#"{"eventName":"ListBuckets","userName":"failed"}"#, "{eventName=ListBuckets:s,userName:s}"),
            (r#"{"verb":"deletecollection"}"#, "{verb=deletecollection:s}"),
            (r#"{"eventType":"user.session.start"}"#, "{eventType=user.session.start:s}"),
            (r#"{"msg":"on","result":false,"health":true}"#, "{health=true:b,result=false:b} on"),
            (r#"{"msg":"on","Ready":"False","authenticated":"no"}"#, "{Ready=False:s,authenticated=no:s} on"),
            (r#"{"msg":"on","cached":"true","plan":"no","to":"none"}"#, "{cached:s,plan:s,to:s} on"),
            (r#"{"msg":"audit","type":"LOGIN_ERROR","reason":"it failed"}"#, "{reason:s,type=LOGIN_ERROR:s} audit"),
            (r#"{"msg":"audit","type":"LOGIN","a":{"result":"up"}}"#, "{a.result=up:s,type:s} audit"),
            (
                r#"{"e":true,"d":true,"c":{"x":true},"b":true,"a":true,"found":true}"#,
                "{a:b,b:b,c.x:b,d:b,e:b,found=true:b}",
            ),
            (
                r#"{"msg":"scan","infected":true,"allowed":false,"on":true}"#,
                "{allowed=false:b,infected=true:b,on=true:b} scan",
            ),
        ] {
            assert_eq!(mined(text).0, shape, "{text}");
        }
    }

    #[test]
    fn a_boolean_is_an_outcome_where_its_key_says_so() {
        for (text, outcome) in [
            (r#"{"msg":"payment","ok":true}"#, Outcome::Ok),
            (r#"{"msg":"payment","ok":false}"#, Outcome::Error),
            (r#"{"msg":"payment","healthy":false}"#, Outcome::Error),
            (r#"{"msg":"payment","failed":true}"#, Outcome::Error),
            (r#"{"msg":"payment","failed":false}"#, Outcome::Ok),
            (r#"{"msg":"payment","error":true}"#, Outcome::Error),
            (r#"{"msg":"payment","error":false}"#, Outcome::Ok),
            (r#"{"msg":"payment","ok":true,"error":"card declined"}"#, Outcome::Error),
            (r#"{"msg":"payment","status":200,"ok":false}"#, Outcome::Error),
            (r#"{"msg":"payment","status":402,"ok":true}"#, Outcome::ClientError),
            (r#"{"msg":"probed","checks":{"db":{"ok":true},"cache":{"ok":false}}}"#, Outcome::Error),
            (r#"{"msg":"declined","lookup":{"success":true}}"#, Outcome::Unset),
            (r#"{"msg":"payment","enabled":false,"cached":true,"retry":false}"#, Outcome::Unset),
            (r#"{"msg":"tests","passed":12,"failed":3}"#, Outcome::Unset),
        ] {
            assert_eq!(mined(text).2.outcome(), outcome, "{text}");
        }
        assert_eq!(mined(r#"{"msg":"payment","ok":true}"#).0, mined(r#"{"msg":"payment","ok":false}"#).0);
    }
}
