//! The classes that stand in a fingerprint beside the shape: severity, outcome, purpose.

use memchr::{memchr, memchr2, memrchr};

/// The six severity classes, in order; `Unset` is below them all so that the highest of several can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Severity {
    #[default]
    Unset,
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl Severity {
    pub const NAMES: [&'static str; 7] = ["", "trace", "debug", "info", "warn", "error", "fatal"];

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub fn parse(name: &str) -> Option<Self> {
        use Severity::{Debug, Error, Fatal, Info, Trace, Unset, Warn};
        [Unset, Trace, Debug, Info, Warn, Error, Fatal].into_iter().find(|class| class.name() == name)
    }

    /// OTLP's `SeverityNumber`: four numbers a class, 1 to 24.
    pub fn from_number(number: u64) -> Self {
        use Severity::{Debug, Error, Fatal, Info, Trace, Unset, Warn};
        const CLASSES: [Severity; 7] = [Unset, Trace, Debug, Info, Warn, Error, Fatal];
        CLASSES.get(number.div_ceil(4) as usize).copied().unwrap_or_default()
    }

    /// The level words of the common logging libraries and of syslog, in any case; anything else is unset.
    #[inline]
    pub fn from_word(word: &[u8]) -> Self {
        // What most records say, before any folding.
        match word {
            b"INFO" => Self::Info,
            [] => Self::Unset,
            _ => Self::from_any_word(word),
        }
    }

    #[inline(never)]
    fn from_any_word(word: &[u8]) -> Self {
        if !matches!(
            word[0] | 0x20,
            b'a' | b'c' | b'd' | b'e' | b'f' | b'i' | b'l' | b'n' | b'p' | b's' | b't' | b'v' | b'w'
        ) {
            return Self::Unset;
        }
        let mut lower = [0u8; 13];
        let Some(lower) = lower.get_mut(..word.len()) else { return Self::Unset };
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        match &*lower {
            b"trace" | b"trc" | b"finest" | b"finer" | b"verbose" | b"silly" | b"vrb" => Self::Trace,
            b"debug" | b"dbg" | b"dbug" | b"debu" | b"fine" | b"config" => Self::Debug,
            b"info" | b"inf" | b"information" | b"informational" | b"notice" | b"log" => Self::Info,
            b"warn" | b"warning" | b"wrn" => Self::Warn,
            b"error" | b"err" | b"erro" | b"eror" | b"severe" => Self::Error,
            b"fatal" | b"fata" | b"ftl" | b"critical" | b"crit" | b"crt" | b"panic" | b"pani" | b"dpanic"
            | b"alert" | b"emerg" | b"emergency" => Self::Fatal,
            _ => Self::Unset,
        }
    }

    /// The value of a key or field that holds nothing but a level: also one letter, `ERROR2`, `INFO+1`, a number.
    #[inline]
    pub fn from_value(value: &[u8]) -> Self {
        // What most records say.
        match value {
            b"INFO" => Self::Info,
            b"WARN" => Self::Warn,
            b"DEBUG" => Self::Debug,
            b"ERROR" => Self::Error,
            _ => Self::from_any_value(value),
        }
    }

    #[inline(never)]
    fn from_any_value(value: &[u8]) -> Self {
        let value = value.trim_ascii();
        if matches!(value.first(), Some(b'0'..=b'9' | b'+' | b'-'))
            && let Some(number) = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok())
        {
            return Self::from_json_number(number);
        }
        let word = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        match &value[..word] {
            b"T" | b"t" => Self::Trace,
            b"D" | b"d" => Self::Debug,
            b"I" | b"i" => Self::Info,
            b"W" | b"w" => Self::Warn,
            b"E" | b"e" | b"FAIL" | b"fail" => Self::Error,
            b"F" | b"f" | b"C" | b"c" => Self::Fatal,
            word => Self::from_word(word),
        }
    }

    /// The numeric levels of bunyan and pino: 10 to 60.
    pub fn from_json_number(level: i64) -> Self {
        match level {
            10 => Self::Trace,
            20 => Self::Debug,
            30 => Self::Info,
            40 => Self::Warn,
            50 => Self::Error,
            60 => Self::Fatal,
            _ => Self::Unset,
        }
    }

    /// The severity part of a syslog priority: 0 (emergency) to 7 (debug).
    pub fn from_syslog(priority: u32) -> Self {
        match priority & 7 {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// What a record says of success, ordered by how bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Outcome {
    #[default]
    Unset,
    Ok,
    ClientError,
    Error,
}

impl Outcome {
    pub const NAMES: [&'static str; 4] = ["", "ok", "client_error", "error"];

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub fn parse(name: &str) -> Option<Self> {
        [Self::Unset, Self::Ok, Self::ClientError, Self::Error].into_iter().find(|outcome| outcome.name() == name)
    }

    pub fn from_http(status: i64) -> Self {
        match status {
            100..=399 => Self::Ok,
            400..=499 => Self::ClientError,
            500..=599 => Self::Error,
            _ => Self::Unset,
        }
    }

    /// gRPC's codes: those that the caller can mend are its own fault.
    pub fn from_grpc(code: i64) -> Self {
        match code {
            0 => Self::Ok,
            3 | 5 | 6 | 7 | 9 | 11 | 16 => Self::ClientError,
            1..=16 => Self::Error,
            _ => Self::Unset,
        }
    }
}

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

/// What a record says of its outcome and purpose, collected while it is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clues {
    /// From an HTTP or gRPC status, the worst of those named.
    pub status: Outcome,
    /// From a span's status.
    pub span: Outcome,
    /// From an exit or return code, or `success=`.
    pub exit: Outcome,
    /// An `exception.*`, `error.type` or non-empty `error`.
    pub error: bool,
    /// `err=<nil>` and the like.
    pub no_error: bool,
    pub probe: bool,
}

impl Clues {
    pub fn http(&mut self, status: i64) {
        self.status = self.status.max(Outcome::from_http(status));
    }

    pub fn grpc(&mut self, code: i64) {
        self.status = self.status.max(Outcome::from_grpc(code));
    }

    /// An explicit status has the say; else any sign of an error; else an exit code; else nothing wrong, if so said.
    pub fn outcome(&self) -> Outcome {
        let explicit = self.status.max(self.span);
        if self.span == Outcome::Error || self.status != Outcome::Unset {
            return explicit.max(if self.exit == Outcome::Error { Outcome::Error } else { Outcome::Unset });
        }
        if self.error || self.exit == Outcome::Error {
            return Outcome::Error;
        }
        let quiet = if self.no_error { Outcome::Ok } else { Outcome::Unset };
        explicit.max(self.exit).max(quiet)
    }
}

/// A severity and clues as one number, which is cheaper to copy, to compare and to hash than their parts are.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Given(u32);

impl Given {
    #[inline]
    pub fn new(severity: Severity, clues: Clues) -> Self {
        let outcomes = clues.status as u32 | (clues.span as u32) << 2 | (clues.exit as u32) << 4;
        let signs = u32::from(clues.error) | u32::from(clues.no_error) << 1 | u32::from(clues.probe) << 2;
        Self(outcomes | signs << 6 | (severity as u32) << 9)
    }

    /// The same of a record that is at least so severe.
    #[inline]
    #[must_use]
    pub fn at_least(self, severity: Severity) -> Self {
        let own = self.0 >> 9 & 7;
        Self(self.0 & !(7 << 9) | own.max(severity as u32) << 9)
    }

    /// The same beside another way to tell a line, one of three, so that none is taken for another.
    #[inline]
    #[must_use]
    pub fn by(self, way: u32) -> Self {
        Self(self.0 | way << 30)
    }

    /// The same beside the sketch of a line that is long.
    #[inline]
    #[must_use]
    pub fn of_long_line(self) -> Self {
        Self(self.0 | 1 << 29)
    }

    /// The same without what stands beside a sketch alone.
    #[must_use]
    pub fn of_line(self) -> Self {
        Self(self.0 & !(1 << 29))
    }

    #[cfg(test)]
    fn unpack(self) -> (Severity, Clues) {
        use Severity::{Debug, Error, Fatal, Info, Trace, Unset, Warn};
        let outcome = |shift: u32| {
            [Outcome::Unset, Outcome::Ok, Outcome::ClientError, Outcome::Error][(self.0 >> shift & 3) as usize]
        };
        let sign = |shift: u32| self.0 >> shift & 1 == 1;
        let clues = Clues {
            status: outcome(0),
            span: outcome(2),
            exit: outcome(4),
            error: sign(6),
            no_error: sign(7),
            probe: sign(8),
        };
        ([Unset, Trace, Debug, Info, Warn, Error, Fatal, Unset][(self.0 >> 9 & 7) as usize], clues)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
        for severity in [Severity::Unset, Severity::Trace, Severity::Warn, Severity::Fatal] {
            for signs in 0..8 {
                for status in [Outcome::Unset, Outcome::Ok, Outcome::ClientError, Outcome::Error] {
                    let clues = Clues {
                        status,
                        exit: status,
                        error: signs & 1 == 1,
                        no_error: signs & 2 == 2,
                        probe: signs & 4 == 4,
                        ..Clues::default()
                    };
                    assert_eq!(Given::new(severity, clues).unpack(), (severity, clues));
                }
            }
        }
    }

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

    #[test]
    fn an_explicit_status_outweighs_an_error_attribute() {
        let clues = Clues { status: Outcome::Ok, error: true, ..Clues::default() };
        assert_eq!(clues.outcome(), Outcome::Ok);
        let clues = Clues { error: true, ..Clues::default() };
        assert_eq!(clues.outcome(), Outcome::Error);
        let clues = Clues { status: Outcome::ClientError, span: Outcome::Error, ..Clues::default() };
        assert_eq!(clues.outcome(), Outcome::Error);
    }

    #[test]
    fn the_codes_that_a_caller_can_mend_are_client_errors() {
        let client: Vec<i64> = (0..=17).filter(|&code| Outcome::from_grpc(code) == Outcome::ClientError).collect();
        assert_eq!(client, [3, 5, 6, 7, 9, 11, 16]);
        assert_eq!(Outcome::from_grpc(0), Outcome::Ok);
        assert_eq!(Outcome::from_grpc(17), Outcome::Unset);
    }
}
