//! What a record says of success: the outcome, and how statuses of HTTP and gRPC tell it.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_that_a_caller_can_mend_are_client_errors() {
        let client: Vec<i64> = (0..=17).filter(|&code| Outcome::from_grpc(code) == Outcome::ClientError).collect();
        assert_eq!(client, [3, 5, 6, 7, 9, 11, 16]);
        assert_eq!(Outcome::from_grpc(0), Outcome::Ok);
        assert_eq!(Outcome::from_grpc(17), Outcome::Unset);
    }
}
