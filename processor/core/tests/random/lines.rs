//! Lines of text as loggers write them, and as nobody would.

use crate::generator::Random;

/// Whole lines, each of which takes another way through the rules.
const LINES: [&str; 20] = [
    "",
    "ready",
    "took 5ms for 3 rows",
    "GET /orders/17 200 4ms",
    "user=root logged in from 10.0.0.1:8080",
    "exited with code 1",
    "ERROR über 9 \u{1b}[31mred",
    "at Mon Jan  2 10:00:00 2024 done",
    "10.0.0.1 - bob [10/Oct/2024:13:55:36 -0700] \"GET /a HTTP/1.1\" 503 2 \"-\" \"curl\"",
    "10.0.0.1 -  [1",
    "{\"msg\":",
    "first line\n  second 5",
    "see https://docs.example/a?b=c, then C:\\x\\y and deadbeef or .....7",
    "a word of more than sixty-four bytes: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "(x) [y] 'z' \"\" <nil> key: <nil>, err=null",
    "2024-05-01T10:00:00.123456789Z stderr F E0501 10:00:00.123456       1 controller.go:116] gone",
    "<34>1 2024-05-01T10:00:00Z web su - - done",
    "<11>Oct  1 22:14:15 web sshd[1]: refused",
    "ts=2024-05-01T10:00:00Z level=\"crit\" msg=\"it is\"",
    "handled 17\nTraceback (most recent call last):\n\tat x",
];

/// Pieces of lines; what they mean depends on what stands beside them.
const PIECES: [&str; 72] = [
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\r\n",
    "=",
    ":",
    ": ",
    ",",
    ", ",
    ";",
    "|",
    " | ",
    ".",
    "..",
    ".....",
    "!",
    "?",
    "-",
    "--",
    "/",
    "//",
    "://",
    "\\",
    "@",
    "#",
    "%",
    "&",
    "~",
    "+",
    "_",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "<nil>",
    "<*>",
    "\"",
    "'",
    "\\\"",
    "\u{1b}[",
    "\u{1b}[0m",
    "\u{1b}",
    "m",
    "é",
    "日本",
    "\u{feff}",
    "\0",
    "\u{7f}",
    "T",
    "Z",
    "x",
    "PM",
    "AM",
    "Jan",
    "Mon",
    "0x",
    "::",
    "127.0.0.1",
    "fe80::1",
    "status",
    "code",
    "exit",
    "HTTP/1.1",
    "GET",
];

const WORDS: [&str; 40] = [
    "INFO",
    "warn",
    "[error]",
    "FATAL:",
    "level=debug",
    "E0102",
    "trace",
    "config",
    "user",
    "order",
    "took",
    "rows",
    "connection",
    "deadbeef00",
    "123e4567-e89b-12d3-a456-426614174000",
    "15ms",
    "1h30m2s",
    "10MB",
    "99.5%",
    "1,024",
    "2024-05-01",
    "12:34:56,789",
    "10/Oct/2024:13:55:36",
    "-0700",
    "/var/lib/db/17.sst",
    "https://a.example/x?y=z",
    "C:\\x\\y",
    "a.b@example.com",
    "example.com",
    "sha256",
    "IPv6",
    "std::io::Error",
    "kube-probe/1.29",
    "/healthz",
    "rc=-1",
    "err=<nil>",
    "success=false",
    "grpc.code=14",
    "blockMap",
    "java.lang.Exception:",
];

pub fn line(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 | 1 => {
            let mut line: Vec<u8> = random.pick(&LINES).into();
            if random.chance(2) {
                line.truncate(random.below(line.len() + 1));
            }
            if random.chance(4) {
                line.extend_from_slice(&pieces(random, 8));
            }
            line
        }
        2 => noise(random),
        // Beyond the length up to which a line goes the short way, or beyond what is mined at all.
        3 if random.chance(40) => pieces(random, 120).repeat(1 + random.below(60)),
        _ => pieces(random, 24),
    }
}

fn pieces(random: &mut Random, most: usize) -> Vec<u8> {
    let mut line = Vec::new();
    for _ in 0..random.below(most) {
        match random.below(6) {
            0..=2 => line.extend_from_slice(random.pick(&PIECES).as_bytes()),
            3 => line.extend_from_slice((random.next() >> random.below(64)).to_string().as_bytes()),
            _ => {
                line.extend_from_slice(random.pick(&WORDS).as_bytes());
                line.push(b' ');
            }
        }
    }
    if random.chance(16) {
        let at = random.below(line.len() + 1);
        line.insert(at, random.next() as u8);
    }
    line
}

/// Bytes of which many mean something.
pub fn noise(random: &mut Random) -> Vec<u8> {
    const ALPHABET: &[u8; 40] = b" \"'{}[]=:/\\.<>|019azAZ@-,_%#\x1b\n\t\r\0\xff\xc3\xa9IETM";
    let any = random.chance(4);
    let most = if random.chance(8) { 300 } else { 80 };
    (0..random.below(most))
        .map(|_| if any { random.next() as u8 } else { ALPHABET[random.below(ALPHABET.len())] })
        .collect()
}
