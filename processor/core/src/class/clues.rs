//! What a record says of its outcome and purpose here and there, and which of it has the say.

use super::Outcome;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explicit_status_outweighs_an_error_attribute() {
        let clues = Clues { status: Outcome::Ok, error: true, ..Clues::default() };
        assert_eq!(clues.outcome(), Outcome::Ok);
        let clues = Clues { error: true, ..Clues::default() };
        assert_eq!(clues.outcome(), Outcome::Error);
        let clues = Clues { status: Outcome::ClientError, span: Outcome::Error, ..Clues::default() };
        assert_eq!(clues.outcome(), Outcome::Error);
    }
}
