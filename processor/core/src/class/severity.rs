//! How grave a record is: the severity class, from OTLP's number, a level's word or number, or a syslog priority.

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
