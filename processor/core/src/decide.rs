//! What becomes of one record of a type that has a decision.

use crate::identity::Fingerprint;
use crate::record::{Signal, seed};
use crate::settings;
use crate::tags;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    Keep,
    Drop,
    /// Share of records that stay, between 0 and 1.
    Sample(f64),
    Limit(Rate),
}

/// `burst` records an interval of `burst * spacing` milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub spacing: f64,
    pub burst: f64,
}

impl Rate {
    /// `1/m`, `10/s`, `5/h`.
    fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once('/')?;
        let count = count.parse::<u32>().ok().filter(|&count| count > 0)?;
        let milliseconds = match unit {
            "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        Some(Self { spacing: milliseconds / f64::from(count), burst: f64::from(count) })
    }
}

/// A decision in force for one event type. Times: Unix milliseconds.
#[derive(Debug, Clone)]
pub struct Decision {
    pub fingerprint: Fingerprint,
    pub action: Action,
    pub category: Box<str>,
    pub not_before: i64,
    pub expires_at: i64,
    /// One bit for each of the policy's exceptions that may keep a record of this type.
    pub exceptions: u64,
    /// The encoded tags of a record that is waste, made once: there are many such records.
    pub waste_tags: Box<[u8]>,
}

impl Decision {
    /// `None` when it says something that this engine does not know: then the type is kept.
    pub fn read(from: &settings::Decision<'_>, fingerprint: Fingerprint) -> Option<Self> {
        let action = match &*from.action {
            "keep" => Action::Keep,
            "drop" => Action::Drop,
            "sample" => Action::Sample(from.keep_percent.filter(|percent| *percent > 0.0 && *percent < 100.0)? / 100.0),
            "limit" => Action::Limit(Rate::parse(from.keep_rate.as_deref()?)?),
            _ => return None,
        };
        let mut exceptions = 0;
        for &index in &from.exceptions {
            exceptions |= 1u64.checked_shl(u32::try_from(index).ok()?)?;
        }
        let signal = Signal::parse(&from.identity.signal)?;
        let waste_tags = match action {
            Action::Keep => Box::default(),
            _ => tags::encode(signal, "drop", &from.category, fingerprint).into(),
        };
        Some(Self {
            waste_tags,
            fingerprint,
            action,
            category: from.category.as_ref().into(),
            not_before: from.not_before.unwrap_or(i64::MIN),
            expires_at: from.expires_at.unwrap_or(i64::MAX),
            exceptions,
        })
    }

    pub fn in_force(&self, now: i64) -> bool {
        self.not_before <= now && now < self.expires_at
    }

    /// Appends the tags of a record of this type with that fate.
    pub fn put_tags(&self, out: &mut Vec<u8>, signal: Signal, fate: Fate) {
        let verdict = match fate {
            Fate::Waste => return out.extend_from_slice(&self.waste_tags),
            Fate::Survivor(_) => "sample",
            Fate::Canary(_) | Fate::Kept => "keep",
        };
        out.extend_from_slice(&tags::encode(signal, verdict, &self.category, self.fingerprint));
        if let Fate::Canary(_) = fate {
            tags::put_canary(out, signal);
        }
        if let Fate::Survivor(count) | Fate::Canary(count) = fate {
            tags::put_adjusted_count(out, signal, count);
        }
    }
}

/// What becomes of a record, before the mode says how that is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    Kept,
    Waste,
    /// Stays of a sampled or limited type and stands for so many.
    Survivor(f64),
    /// Stays of a dropped type so that what is dropped can still be looked at.
    Canary(f64),
}

const RANGE: f64 = (1u64 << 56) as f64;

/// Whether a record is among the share that stays: its randomness reaches the threshold, as OpenTelemetry samples.
pub fn is_sampled(signal: Signal, record: &[u8], share: f64) -> bool {
    share > 0.0 && seed::randomness(signal, record) as f64 >= (1.0 - share) * RANGE
}

/// The state of one type's limit: a generic cell rate algorithm, and the counts withheld since the last survivor.
#[derive(Debug, Default)]
pub struct Limit {
    /// The theoretical arrival time of the next record, in Unix milliseconds.
    next: f64,
    withheld: f64,
}

impl Limit {
    /// One record that stands for `count`: it passes with everything withheld so far, or is withheld.
    pub fn offer(&mut self, rate: Rate, now: i64, count: f64) -> (Fate, LimitUse) {
        let now = now as f64;
        // A clock that was set back must not hold the limit closed for longer than one interval.
        self.next = self.next.min(now + rate.spacing * rate.burst);
        if now >= self.next - rate.spacing * (rate.burst - 1.0) {
            let carried = std::mem::take(&mut self.withheld);
            self.next = self.next.max(now) + rate.spacing;
            (Fate::Survivor(count + carried), LimitUse { advanced: rate.spacing, withheld: -carried })
        } else {
            self.withheld += count;
            (Fate::Waste, LimitUse { advanced: 0.0, withheld: count })
        }
    }

    /// Takes back what a request used that was not committed.
    pub fn give_back(&mut self, used: LimitUse) {
        self.next -= used.advanced;
        self.withheld = (self.withheld - used.withheld).max(0.0);
    }
}

/// What a request took of a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LimitUse {
    pub advanced: f64,
    pub withheld: f64,
}

impl LimitUse {
    pub fn add(&mut self, other: Self) {
        self.advanced += other.advanced;
        self.withheld += other.withheld;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_passes_its_rate_and_the_survivor_stands_for_the_withheld() {
        let rate = Rate::parse("1/m").unwrap();
        let mut limit = Limit::default();
        assert_eq!(limit.offer(rate, 1_000_000, 1.0).0, Fate::Survivor(1.0));
        assert_eq!(limit.offer(rate, 1_000_001, 1.0).0, Fate::Waste);
        assert_eq!(limit.offer(rate, 1_059_999, 2.0).0, Fate::Waste);
        assert_eq!(limit.offer(rate, 1_060_000, 1.0).0, Fate::Survivor(4.0));
    }

    #[test]
    fn what_was_not_committed_is_given_back() {
        let rate = Rate::parse("2/s").unwrap();
        let mut limit = Limit::default();
        let (_, first) = limit.offer(rate, 5_000, 1.0);
        let (_, second) = limit.offer(rate, 5_000, 1.0);
        let (fate, third) = limit.offer(rate, 5_000, 1.0);
        assert_eq!(fate, Fate::Waste);
        for used in [first, second, third] {
            limit.give_back(used);
        }
        assert_eq!(limit.offer(rate, 5_000, 1.0).0, Fate::Survivor(1.0));
        assert_eq!(limit.offer(rate, 5_000, 1.0).0, Fate::Survivor(1.0));
    }

    #[test]
    fn a_clock_set_back_does_not_close_a_limit_for_good() {
        let rate = Rate::parse("1/m").unwrap();
        let mut limit = Limit::default();
        limit.offer(rate, 10_000_000, 1.0);
        assert_eq!(limit.offer(rate, 1_000_000, 1.0).0, Fate::Waste);
        assert_eq!(limit.offer(rate, 1_060_000, 1.0).0, Fate::Survivor(2.0));
    }
}
