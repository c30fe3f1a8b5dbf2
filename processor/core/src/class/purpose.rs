//! What a record was sent for: probes are known by the path that they ask for, or by who asks.

use memchr::{memchr, memchr2, memrchr};

/// What a record was sent for: `true` is a probe. The lists are part of the ruleset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Probe(pub bool);

impl Probe {
    pub fn name(self) -> &'static str {
        if self.0 { "probe" } else { "" }
    }

    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "" => Some(Self(false)),
            "probe" => Some(Self(true)),
            _ => None,
        }
    }

    /// Whether a path, without its query, is one that only probes ask for: by its last segment, or by a parent `health`
    /// of one that has no extension. A file's path is none.
    pub fn path(path: &[u8]) -> bool {
        let (last, before) = last_segment(path);
        (is_probes_own(last) || !last.contains(&b'.') && ends_in_health(before)) && !is_file(path)
    }

    /// Whether a path, or what is a path together with what stands before or behind it, may be one that `path` knows.
    pub fn may_be(part: &[u8]) -> bool {
        let (last, before) = last_segment(part);
        Self::may_end(last, before)
    }

    /// The same of a part's last segment and what stands before that segment's slash.
    #[inline]
    pub fn may_end(last: &[u8], before: &[u8]) -> bool {
        is_probes_own(last) || ends_in_health(before)
    }

    pub fn agent(agent: &[u8]) -> bool {
        [&b"kube-probe/"[..], b"ELB-HealthChecker/", b"GoogleHC/", b"Prometheus/"]
            .iter()
            .any(|prefix| agent.starts_with(prefix))
    }
}

/// The last segment of a path without its query, and what stands before that segment's slash.
fn last_segment(path: &[u8]) -> (&[u8], &[u8]) {
    let path = memchr2(b'?', b'#', path).map_or(path, |query| &path[..query]);
    let path = path.strip_suffix(b"/").unwrap_or(path);
    memrchr(b'/', path).map_or((path, &[]), |slash| (&path[slash + 1..], &path[..slash]))
}

fn ends_in_health(before: &[u8]) -> bool {
    before.strip_suffix(b"health").is_some_and(|rest| matches!(rest.last(), None | Some(b'/')))
}

fn is_probes_own(segment: &[u8]) -> bool {
    matches!(segment, b"healthz" | b"livez" | b"readyz" | b"health" | b"ping" | b"metrics")
}

/// Whether a path begins at a root of file systems. `dev` and `run` are none here: deployments and jobs are routed so.
pub fn is_file(path: &[u8]) -> bool {
    match path {
        [b'/', rest @ ..] => is_root(&rest[..memchr(b'/', rest).unwrap_or(rest.len())]),
        _ => path.strip_prefix(b"file:").is_some_and(|rest| matches!(rest, [] | [b'/', ..])),
    }
}

/// Whether that is the first part of what only files' paths begin with.
pub fn is_root(part: &[u8]) -> bool {
    matches!(
        part,
        b"var"
            | b"etc"
            | b"usr"
            | b"opt"
            | b"tmp"
            | b"proc"
            | b"sys"
            | b"home"
            | b"root"
            | b"mnt"
            | b"srv"
            | b"data"
            | b"lib"
            | b"file:"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_told_by_the_last_segment_or_its_parent() {
        for probe in [
            &b"/healthz"[..],
            b"/v1/ping",
            b"/metrics?name[]=x",
            b"/health/db",
            b"/api/health/",
            b"livez",
            b"/dev/health",
        ] {
            assert!(Probe::path(probe), "{}", String::from_utf8_lossy(probe));
        }
        for other in [&b"/orders"[..], b"/healthz/orders", b"/pingpong", b"/", b""] {
            assert!(!Probe::path(other), "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn a_files_path_is_no_probe() {
        for file in [
            &b"/var/lib/health/file.db"[..],
            b"/app/health/report.csv",
            b"/opt/agent/health/state",
            b"/etc/health",
            b"/proc/metrics",
            b"file:///srv/health/live",
        ] {
            assert!(!Probe::path(file), "{}", String::from_utf8_lossy(file));
        }
        for probe in
            [&b"/actuator/health/readiness"[..], b"https://a.example/var/health", b"/v1/sys/health", b"home/health"]
        {
            assert!(Probe::path(probe), "{}", String::from_utf8_lossy(probe));
        }
    }
}
