//! A severity and clues in one number, as lines that were met before are looked up beside them.

use super::{Clues, Severity};

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Outcome;

    fn unpack(given: Given) -> (Severity, Clues) {
        use Severity::{Debug, Error, Fatal, Info, Trace, Unset, Warn};
        let outcome = |shift: u32| {
            [Outcome::Unset, Outcome::Ok, Outcome::ClientError, Outcome::Error][(given.0 >> shift & 3) as usize]
        };
        let sign = |shift: u32| given.0 >> shift & 1 == 1;
        let clues = Clues {
            status: outcome(0),
            span: outcome(2),
            exit: outcome(4),
            error: sign(6),
            no_error: sign(7),
            probe: sign(8),
        };
        ([Unset, Trace, Debug, Info, Warn, Error, Fatal, Unset][(given.0 >> 9 & 7) as usize], clues)
    }

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
                    assert_eq!(unpack(Given::new(severity, clues)), (severity, clues));
                }
            }
        }
    }
}
