//! Stack traces on the lines below a text's first: which exception it was and where, without lines and addresses.
//!
//! Java, .NET and Node write `at NAME(PLACE)` with the innermost call first, Python `File "…", line 7, in NAME` with the
//! innermost last, Go `NAME(ARGUMENTS)` and the place on a line of its own. What was called from where far away differs
//! between requests that fail alike, so only the innermost calls count, and of calls in a row to the same only one.

use memchr::memmem;

use super::sink::{MARK, Sink};

/// So many calls of a stack count.
const CALLS: usize = 4;
/// So many stacks, each the cause of one before it.
const STACKS: usize = 4;
/// A longer name is no function's.
const LONGEST: usize = 200;

/// One stack with the exception that it belongs to.
#[derive(Default)]
struct Stack<'t> {
    exception: &'t [u8],
    calls: Vec<&'t [u8]>,
}

/// Writes what the lines below the first one say of exceptions and their stacks; nothing where they are of other things.
pub fn mine<S: Sink>(below: &[u8], sink: &mut S) {
    if below.is_empty() {
        return;
    }
    for stack in read(below).iter().take(STACKS) {
        sink.part(b" [");
        sink.part(stack.exception);
        for call in &stack.calls {
            sink.part(b" < ");
            without_digits(call, sink);
        }
        sink.part(b"]");
    }
}

fn read(below: &[u8]) -> Vec<Stack<'_>> {
    let mut stacks: Vec<Stack<'_>> = Vec::new();
    let mut open = Stack::default();
    let mut is_python = false;
    let mut is_go = false;
    let mut before: &[u8] = b"";
    for line in below.split(|&byte| byte == b'\n').map(within_group) {
        let text = line.trim_ascii();
        is_go |= text.starts_with(b"goroutine ");
        let above = std::mem::replace(&mut before, line);
        if let Some(name) = python_call(text) {
            is_python = true;
            if open.calls.first() != Some(&name) {
                open.calls.insert(0, name);
                open.calls.truncate(CALLS);
            }
        } else if let Some(name) = call(text).or_else(|| if is_go { go_call(line) } else { go_frame(above, line) }) {
            if open.calls.len() < CALLS && open.calls.last() != Some(&name) {
                open.calls.push(name);
            }
        } else if let Some(name) = exception(line, !open.calls.is_empty() || is_python) {
            if is_python {
                // Python names it behind its stack.
                open.exception = name;
                stacks.push(std::mem::take(&mut open));
                is_python = false;
            } else {
                if !open.calls.is_empty() {
                    stacks.push(std::mem::take(&mut open));
                }
                open = Stack { exception: name, calls: Vec::new() };
            }
        }
        if stacks.len() >= STACKS {
            return stacks;
        }
    }
    if !open.calls.is_empty() {
        stacks.push(open);
    }
    stacks
}

/// `File "…", line 7, in NAME`
fn python_call(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"File \"")?;
    let name = rest.rsplit(|&byte| byte == b' ').next()?;
    rest.strip_suffix(name)?.ends_with(b", in ").then_some(name).filter(|name| is_name(name))
}

/// `at NAME(…)`, `at async NAME (…)`, `at NAME(…) in …`
fn call(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"at ")?;
    let rest = rest.strip_prefix(b"async ").unwrap_or(rest);
    let rest = rest.strip_prefix(b"new ").unwrap_or(rest);
    let end = rest.iter().position(|&byte| byte == b'(')?;
    let name = rest[..end].trim_ascii_end();
    // A module's name before Java's slash says nothing more.
    let name = name.iter().rposition(|&byte| byte == b'/').map_or(name, |slash| &name[slash + 1..]);
    // `Object.x [as y]`
    let name = name.split(|&byte| byte == b' ').next().unwrap_or(name);
    is_name(name).then_some(name)
}

/// `NAME(ARGUMENTS)` from the line's beginning to its end.
fn go_call(line: &[u8]) -> Option<&[u8]> {
    let end = line.strip_suffix(b")")?.iter().rposition(|&byte| byte == b'(')?;
    let name = &line[..end];
    (is_name(name) && name.contains(&b'.')).then_some(name)
}

/// `NAME` with its place on the line below, as errors and loggers print Go's stacks.
fn go_frame<'t>(name: &'t [u8], place: &[u8]) -> Option<&'t [u8]> {
    let is_place = place.first() == Some(&b'\t') && memmem::find(place, b".go:").is_some();
    let name = name.trim_ascii_end();
    let name = name.strip_suffix(b"(...)").unwrap_or(name);
    (is_place && is_name(name) && name.contains(&b'.')).then_some(name)
}

/// A line of an exception that is one of several, without Python's marks before it.
fn within_group(line: &[u8]) -> &[u8] {
    let text = line.trim_ascii_start();
    text.strip_prefix(b"| ").or(text.strip_prefix(b"+ ")).unwrap_or(line)
}

/// `Caused by: TYPE: …` and, in Python, `TYPE: …` from the line's beginning, behind a stack.
fn exception(line: &[u8], behind_calls: bool) -> Option<&[u8]> {
    let text = line.trim_ascii();
    let prefixes: [&[u8]; 5] = [b"Caused by: ", b"caused by: ", b"Suppressed: ", b"---> ", b"[cause]: "];
    let caused = prefixes.iter().find_map(|prefix| text.strip_prefix(*prefix));
    let named = match caused {
        Some(rest) => rest,
        None if line.first().is_some_and(|&byte| byte > b' ') => text,
        None => return None,
    };
    let length = named.iter().position(|&byte| matches!(byte, b':' | b' ')).unwrap_or(named.len());
    let name = &named[..length];
    let is_type = is_name(name)
        && name.first().is_some_and(u8::is_ascii_alphabetic)
        && matches!(named.get(length), None | Some(b':'))
        && name.iter().any(u8::is_ascii_uppercase);
    let ends_like_one = name.ends_with(b"Exception") || name.ends_with(b"Error");
    (is_type && (caused.is_some() || behind_calls || ends_like_one)).then_some(name)
}

fn is_name(name: &[u8]) -> bool {
    (1..=LONGEST).contains(&name.len()) && name.iter().all(|&byte| byte > b' ')
}

/// Names that are made while a program runs are numbered.
fn without_digits<S: Sink>(name: &[u8], sink: &mut S) {
    let mut rest = name;
    while let Some(first) = rest.first() {
        let is_number = first.is_ascii_digit();
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit() == is_number).count();
        sink.part(if is_number { MARK } else { &rest[..length] });
        rest = &rest[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mine::sink::Skeleton;

    fn mined(below: &str) -> String {
        let mut sink = Skeleton::default();
        mine(below.as_bytes(), &mut sink);
        String::from_utf8(sink.text().to_vec()).unwrap()
    }

    #[test]
    fn the_innermost_calls_count_whatever_writes_them() {
        for (below, shape) in [
            (
                "\tat a.Card.charge(Card.java:3)\n\tat java.base/x.M.invoke0(Native Method)",
                " [ < a.Card.charge < x.M.invoke<*>]",
            ),
            (
                "    at Card.charge (/app/n.js:1:43)\n    at async Object.run [as go] (n.js:2:1)",
                " [ < Card.charge < Object.run]",
            ),
            ("   at Shop.Card.Charge(Int32 n) in /app/Card.cs:line 7", " [ < Shop.Card.Charge]"),
            (
                "  File \"/app/p.py\", line 9, in settle\n    charge(0)\n  File \"/app/p.py\", line 3, in charge\n    raise\nValueError: no 3",
                " [ValueError < charge < settle]",
            ),
            (
                "\ngoroutine 1 [running]:\nmain.(*card).charge(0x29, 0x3)\n\t/app/main.go:4 +0x45\nmain.main()\n\t/app/main.go:9",
                " [ < main.(*card).charge < main.main]",
            ),
            (
                "charge order 7\nmain.charge\n\t/app/pay.go:23\nmain.main.func1\n\t/app/pay.go:74",
                " [ < main.charge < main.main.func<*>]",
            ),
            (
                "    at charge (/app/n.js:1:43) {\n  code: 'E',\n  [cause]: Error: no 7\n      at connect (/app/n.js:1:2)\n  }",
                " [ < charge] [Error < connect]",
            ),
            (
                "  + Exception Group Traceback (most recent call last):\n  |   File \"/app/p.py\", line 9, in main\n  | ExceptionGroup: 2 failed (2 sub-exceptions)",
                " [ExceptionGroup < main]",
            ),
            (
                "\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: broken\n\tat d.E.f(E.java:2)\n\t... 8 more",
                " [ < a.B.c] [java.io.IOException < d.E.f]",
            ),
        ] {
            assert_eq!(mined(below), shape, "{below}");
        }
    }

    #[test]
    fn how_deep_it_went_and_where_a_line_stands_change_nothing() {
        let at = |line: u32, times: usize| {
            format!(
                "{}\tat a.Main.main(Main.java:{line})",
                format!("\tat a.Card.charge(Card.java:{line})\n").repeat(times)
            )
        };
        assert_eq!(mined(&at(3, 2)), mined(&at(17, 9)));
    }

    #[test]
    fn other_lines_say_nothing() {
        for below in [
            "",
            "  second 5",
            "at noon (or so) it rains".strip_prefix("at ").unwrap(),
            "Key: value\nNote",
            "SELECT (1)",
        ] {
            assert_eq!(mined(below), "", "{below}");
        }
    }
}
