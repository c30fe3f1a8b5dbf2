//! What was run: a command with its arguments is one value, whatever it says. `COMMAND=/usr/bin/id -u`, `CMD (id -u)`.

use std::ops::Range;

/// What is longer is looked at like any other text.
const LONGEST: usize = 1024;

/// Whether all that follows a key's `=` is the line of a command, which begins with its path and has no further keys.
pub fn is_command(key: &[u8], rest: &[u8]) -> bool {
    let is_key = [&b"command"[..], b"cmd", b"cmdline"].iter().any(|name| key.eq_ignore_ascii_case(name));
    // Of a word with digits nobody may ask what else it holds.
    let is_pair = |word: &[u8]| {
        let letters = word.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        letters > 0 && word.get(letters) == Some(&b'=')
    };
    let may_be = is_key && rest.first() == Some(&b'/') && rest.len() <= LONGEST;
    may_be && !rest.contains(&b';') && !rest.split(|&byte| byte == b' ').any(is_pair)
}

/// The command in parentheses that begin there, with which a line ends: cron's `(root) CMD (cd / && id -u)`.
pub fn in_parentheses(line: &[u8], open: usize) -> Option<Range<usize>> {
    let is_one = line[..open].ends_with(b" CMD ") && line.ends_with(b")") && open + 2 < line.len();
    is_one.then(|| open + 1..line.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_all_behind_its_key_or_in_its_parentheses() {
        assert!(is_command(b"COMMAND", b"/usr/bin/id -u --x=y A=b"));
        for (key, rest) in [("cmd", "id -u"), ("size", "/x"), ("cmd", "/x user=bob"), ("cmd", "/x ; USER=bob")] {
            assert!(!is_command(key.as_bytes(), rest.as_bytes()), "{key}={rest}");
        }
        assert_eq!(in_parentheses(b"(root) CMD (a (b) c)", 11), Some(12..19));
        assert_eq!(in_parentheses(b"(root) CMD ()", 11), None);
        assert_eq!(in_parentheses(b"(root) CMD (a) b", 11), None);
        assert_eq!(in_parentheses(b"(root) RELOAD (a)", 14), None);
    }
}
