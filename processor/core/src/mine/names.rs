//! Names of users in sentences, which nothing marks but the words around them: `session opened for user NAME`,
//! `password for NAME from 10.0.0.1`.
//!
//! Only words without a digit are looked at here (others are data anyway), and of a word behind them only whether it
//! begins with a digit, so that lines with the same outline have their names in the same places.

use std::ops::Range;

use memchr::memchr_iter;

use super::words::is_state;

/// How many quotes stand before a place that only moves on.
#[derive(Default)]
pub struct Quotes {
    counted: usize,
    double: usize,
    single: usize,
}

impl Quotes {
    /// Whether neither kind is open there.
    fn are_closed(&mut self, line: &[u8], at: usize) -> bool {
        let more = &line[self.counted.min(at)..at];
        self.double += memchr_iter(b'"', more).count();
        self.single += memchr_iter(b'\'', more).count();
        self.counted = at;
        self.double.is_multiple_of(2) && self.single.is_multiple_of(2)
    }
}

/// The first name at or after `from`. Both words that announce one end in `r` and a blank. `quotes` are those that earlier
/// calls for this line counted.
pub fn next(line: &[u8], from: usize, quotes: &mut Quotes) -> Option<Range<usize>> {
    // A level may have been found below the line.
    memchr_iter(b'r', line.get(from..)?)
        .map(|at| from + at + 1)
        .filter(|&end| line.get(end) == Some(&b' '))
        .find_map(|end| name_behind(line, end, quotes))
}

fn name_behind(line: &[u8], end: usize, counted: &mut Quotes) -> Option<Range<usize>> {
    let start = word_start(line, end);
    let word = &line[start..end];
    let is_user = matches!(word, b"user" | b"User");
    if !is_user && word != b"for" {
        return None;
    }
    let name = end + 1..end + 1 + line[end + 1..].iter().take_while(|&&byte| is_name_byte(byte)).count();
    let earlier = previous(line, start);
    let before = &line[earlier.clone()];
    let told = if is_user {
        is_role(before) || is_followed(line, name.end, b" from ") || is_followed(line, name.end, b" logged ")
    } else {
        is_credential(before) && is_followed(line, name.end, b" from ")
            || before == b"failures" && &line[previous(line, earlier.start)] == b"authentication"
    };
    // `invalid user session` is no name, `invalid user session from 10.0.0.1` is one.
    let surely = is_user && is_role(before) && is_followed(line, name.end, b" from ");
    let named = told && is_name(line, &name) && (surely || !is_ordinary(&line[name.clone()]));
    (named && counted.are_closed(line, name.start)).then_some(name)
}

/// Words behind which `user` is followed by one.
fn is_role(word: &[u8]) -> bool {
    matches!(
        word,
        b"for"
            | b"from"
            | b"by"
            | b"as"
            | b"invalid"
            | b"Invalid"
            | b"illegal"
            | b"Illegal"
            | b"unknown"
            | b"Unknown"
            | b"authenticating"
    )
}

/// What is presented `for` somebody.
fn is_credential(word: &[u8]) -> bool {
    matches!(
        word,
        b"password"
            | b"publickey"
            | b"none"
            | b"keyboard-interactive/pam"
            | b"hostbased"
            | b"gssapi-with-mic"
            | b"certificate"
            | b"exceeded"
            | b"login"
            | b"logon"
            | b"authentication"
    )
}

/// What stands behind `user` without being one: `for user input`, `by user request`.
fn is_ordinary(word: &[u8]) -> bool {
    matches!(
        word,
        b"account"
            | b"accounts"
            | b"action"
            | b"activity"
            | b"agent"
            | b"and"
            | b"authentication"
            | b"authorization"
            | b"cancel"
            | b"code"
            | b"command"
            | b"context"
            | b"credentials"
            | b"data"
            | b"directory"
            | b"does"
            | b"event"
            | b"events"
            | b"from"
            | b"group"
            | b"groups"
            | b"has"
            | b"home"
            | b"id"
            | b"in"
            | b"input"
            | b"interaction"
            | b"interface"
            | b"interrupt"
            | b"is"
            | b"list"
            | b"login"
            | b"logout"
            | b"mode"
            | b"name"
            | b"names"
            | b"not"
            | b"on"
            | b"or"
            | b"password"
            | b"permissions"
            | b"preferences"
            | b"process"
            | b"profile"
            | b"profiles"
            | b"registration"
            | b"request"
            | b"requests"
            | b"role"
            | b"roles"
            | b"search"
            | b"service"
            | b"session"
            | b"sessions"
            | b"settings"
            | b"space"
            | b"table"
            | b"thread"
            | b"to"
            | b"token"
            | b"user"
            | b"was"
            | b"with"
            | b"invalid"
            | b"illegal"
            | b"unknown"
    )
}

/// Whether what stands there is a name: letters, no verb, no state.
fn is_name(line: &[u8], name: &Range<usize>) -> bool {
    let word = &line[name.clone()];
    let ends = line.get(name.end).is_none_or(|next| matches!(next, b' ' | b',' | b';'))
        || line[name.end..].starts_with(b"(uid=");
    word.first().is_some_and(u8::is_ascii_alphabetic)
        && word.last().is_some_and(u8::is_ascii_alphabetic)
        && ends
        && !is_state(word)
        && !(word.len() > 4 && (word.ends_with(b"ed") || word.ends_with(b"ing")))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

/// Whether that follows, and a number or address behind `from`.
fn is_followed(line: &[u8], at: usize, by: &[u8]) -> bool {
    let Some(rest) = line[at..].strip_prefix(by) else { return false };
    by != b" from " || rest.first().is_some_and(u8::is_ascii_digit)
}

fn word_start(line: &[u8], end: usize) -> usize {
    end - line[..end].iter().rev().take_while(|&&byte| byte != b' ').count()
}

/// The word before the one that begins at `start`.
fn previous(line: &[u8], start: usize) -> Range<usize> {
    let end = line[..start].trim_ascii_end().len();
    word_start(line, end)..end
}

#[cfg(test)]
mod tests {
    fn names(line: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let (mut at, mut quotes) = (0, super::Quotes::default());
        while let Some(name) = super::next(line.as_bytes(), at, &mut quotes) {
            at = name.end;
            found.push(&line[name]);
        }
        found
    }

    #[test]
    fn a_user_is_told_by_the_words_around() {
        for (line, name) in [
            ("session opened for user alice by (uid=0)", "alice"),
            ("session closed for user alice", "alice"),
            ("Invalid user alice from 10.0.0.1", "alice"),
            ("Failed password for invalid user alice from 10.0.0.1 port 7", "alice"),
            ("Accepted publickey for alice from 10.0.0.1 port 7", "alice"),
            ("invalid user alice [preauth]", "alice"),
            ("User alice from 10.0.0.1 not allowed", "alice"),
            ("user alice logged in", "alice"),
            ("session closed for user fred", "fred"),
            ("session opened for user alice(uid=0) by (uid=0)", "alice"),
            ("Invalid user service from 10.0.0.1", "service"),
            ("too many authentication failures for alice", "alice"),
        ] {
            assert_eq!(names(line), [name], "{line}");
        }
    }

    #[test]
    fn other_words_stay() {
        for line in [
            "waiting for data from 10.0.0.1",
            "check pass; user unknown",
            "user logged in from 10.0.0.1",
            "cancelled by user request",
            "no answer for user authentication",
            "the answer for all",
            "access denied for user failed",
            "invalid user name or password",
            "msg=\"opened for user alice\" x=\"a b\"",
            "for user a17 it is data",
            "for user ",
            "for ",
        ] {
            assert_eq!(names(line), [""; 0], "{line}");
        }
    }
}
