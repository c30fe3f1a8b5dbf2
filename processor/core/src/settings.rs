//! What comes in as JSON from Python: settings, policy, decisions. What is wrong with it is a message, never a panic.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex::bytes::RegexBuilder;
use serde::Deserialize;

use crate::class::{Outcome, Probe, Severity};
use crate::identity::Context;
use crate::mine::{Masks, RULES};
use crate::record::{Class, Signal};

#[derive(Deserialize)]
pub struct Mask {
    pub name: String,
    pub pattern: String,
}

#[derive(Deserialize)]
pub struct Settings {
    pub max_event_types: usize,
    pub min_records: u64,
    #[serde(default)]
    pub masks: Vec<Mask>,
    pub evidence_bytes: usize,
}

impl Settings {
    /// The masks as one expression; the message names the one that cannot be used.
    pub fn compile(&self) -> Result<Masks, String> {
        let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(1 << 20).build();
        let mut each: Vec<(Box<str>, _)> = Vec::new();
        for mask in &self.masks {
            let expression = build(&mask.pattern).map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("mask {:?}: pattern {:?} cannot be used: {reason}", mask.name, mask.pattern)
            })?;
            each.push((mask.name.clone().into(), expression));
        }
        let mut whole = None;
        if !self.masks.is_empty() {
            let any = self.masks.iter().map(|mask| format!("(?:{})", mask.pattern)).collect::<Vec<_>>().join("|");
            whole = Some(
                build(&any).map_err(|_| "the masks together are too large: use fewer or simpler ones".to_owned())?,
            );
        }
        Ok(Masks::new(whole, each))
    }

    /// The version of the mining rules, and a hash of the masks where there are any.
    pub fn ruleset(&self) -> String {
        if self.masks.is_empty() {
            return RULES.to_owned();
        }
        let mut hasher = blake3::Hasher::new();
        for mask in &self.masks {
            for part in [&mask.name, &mask.pattern] {
                hasher.update(&(part.len() as u32).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        format!("{RULES}-{}", &hasher.finalize().to_hex()[..8])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Observe,
    Tag,
    Drop,
}

/// A `protect` rule's part that only the record can tell.
#[derive(Deserialize)]
pub struct Exception {
    #[serde(default)]
    pub resource: BTreeMap<String, String>,
    #[serde(default)]
    pub min_duration_ms: Option<f64>,
}

#[derive(Deserialize, Default)]
pub struct Policy {
    pub logs: Mode,
    pub metrics: Mode,
    pub spans: Mode,
    #[serde(default)]
    pub tag_all: bool,
    #[serde(default)]
    pub canary_percent: f64,
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

impl Policy {
    pub fn mode(&self, signal: Signal) -> Mode {
        match signal {
            Signal::Logs => self.logs,
            Signal::Metrics => self.metrics,
            Signal::Spans => self.spans,
        }
    }
}

/// How many exceptions a policy may have: they are one bit each.
pub const MAX_EXCEPTIONS: usize = 64;

#[derive(Deserialize)]
pub struct Identity<'a> {
    #[serde(borrow)]
    pub signal: Cow<'a, str>,
    #[serde(borrow, default)]
    pub scope: Cow<'a, str>,
    #[serde(borrow, default)]
    pub namespace: Cow<'a, str>,
    #[serde(borrow, default)]
    pub service: Cow<'a, str>,
    #[serde(borrow, default)]
    pub severity: Cow<'a, str>,
    #[serde(borrow, default)]
    pub outcome: Cow<'a, str>,
    #[serde(borrow, default)]
    pub purpose: Cow<'a, str>,
}

impl Identity<'_> {
    /// The place and the class that it names; None when one of its words is none that is known here.
    pub fn read(&self) -> Option<(Context, Class)> {
        let class = Class {
            signal: Signal::parse(&self.signal)?,
            severity: Severity::parse(&self.severity)?,
            outcome: Outcome::parse(&self.outcome)?,
            probe: Probe::parse(&self.purpose)?,
        };
        let context = Context {
            scope: self.scope.as_ref().into(),
            namespace: self.namespace.as_ref().into(),
            service: self.service.as_ref().into(),
        };
        Some((context, class))
    }
}

#[derive(Deserialize)]
pub struct Decision<'a> {
    #[serde(borrow)]
    pub fingerprint: Cow<'a, str>,
    #[serde(borrow)]
    pub identity: Identity<'a>,
    #[serde(borrow)]
    pub skeleton: Cow<'a, str>,
    #[serde(borrow)]
    pub ruleset: Cow<'a, str>,
    #[serde(borrow)]
    pub action: Cow<'a, str>,
    #[serde(borrow)]
    pub category: Cow<'a, str>,
    #[serde(default)]
    pub keep_percent: Option<f64>,
    #[serde(borrow, default)]
    pub keep_rate: Option<Cow<'a, str>>,
    #[serde(default)]
    pub not_before: Option<i64>,
    #[serde(default)]
    pub expires_at: Option<i64>,
    #[serde(default)]
    pub exceptions: Vec<usize>,
}
