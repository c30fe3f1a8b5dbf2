//! Why a request was refused, told without a word of what is in it.

use std::fmt;

use super::schema::Field;

/// One step on the way from the root of the document to a value.
pub(super) enum Step {
    Field(&'static Field),
    Element(usize),
}

/// Where the walk stopped, and why.
pub(super) struct Failure {
    pub path: Vec<Step>,
    /// With line and column. `serde_json`'s own messages on syntax quote nothing; the others are
    /// ours.
    pub error: serde_json::Error,
}

impl Failure {
    /// Whether the text is no JSON, as opposed to JSON that is no OTLP.
    pub fn is_syntax(&self) -> bool {
        self.error.is_syntax()
    }
}

/// `resourceLogs[0].scopeLogs: expected a list, got a string at line 1 column 34`
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Reaches every field but those of deeply nested attributes.
        const SHOWN: usize = 24;
        if self.path.is_empty() {
            f.write_str("the request")?;
        }
        for (index, step) in self.path.iter().take(SHOWN).enumerate() {
            match step {
                Step::Field(field) => {
                    let dot = if index > 0 { "." } else { "" };
                    write!(f, "{dot}{}", field.json_name().map(char::from).collect::<String>())?;
                }
                Step::Element(place) => write!(f, "[{place}]")?,
            }
        }
        let more = if self.path.len() > SHOWN { "…" } else { "" };
        write!(f, "{more}: {}", self.error)
    }
}
