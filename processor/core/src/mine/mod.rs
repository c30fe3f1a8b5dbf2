//! From a record's text to its shape: which words are constant and which are variable.
//!
//! `head` finds what stands before the message, `level` the level that it names, `plain` knows the lines that most are,
//! `text` splits and masks; `classes` says what each byte is and `bits` where words end, `passed` which words came before,
//! `clues` what named values say, `names` finds who is spoken of, `lists` what is enumerated, `commands` what was run; `words`
//! holds closed lists of what stands in texts, `versioned` and `codes` forms of wording with digits. `sketch` and `outline` are what tells a line
//! that was met before, `structured::outline` a JSON text.
//! `structured` reads JSON and map bodies, `trace` stacks below a line. `sink` is where the pieces go: a skeleton on the
//! hot path, a template with its slots for people; `marked` is a template for other tools.

pub mod bits;
pub mod buffer;
mod calls;
mod classes;
pub mod clues;
pub mod codes;
mod commands;
pub mod counts;
mod distinguished;
pub mod head;
pub mod kind;
pub mod level;
mod lists;
pub mod marked;
mod masks;
mod names;
pub mod outline;
pub mod passed;
mod places;
pub mod plain;
pub mod sink;
pub mod sketch;
pub mod structured;
pub mod text;
mod trace;
mod versioned;
pub mod words;

use std::borrow::Cow;

use memchr::memchr;

use crate::any::{Any, short_text};
use crate::class::{Clues, Severity};
use crate::wire::Malformed;
use bits::Bits;
pub use masks::Masks;
use sink::Sink;

/// Version of every rule in this folder and of `class` and `lexicon`; a change of what they say must change it.
pub const RULES: &str = "1";

/// How much of a text is mined; the rest does not change the fingerprint.
pub const MINED_BYTES: usize = 16 << 10;

/// So many truth values of a record belong to its wording, whatever their keys ask: `paid=false` is another event than
/// `paid=true`, and no list knows all keys that say so. Of more, each of which may double the event types, only those
/// belong to it whose keys ask how it went: in a text of those behind the first ones, in a structure, whose keys have no
/// order, of all.
const TRUTHS: usize = 4;

/// Mines an encoded body of any type into `sink`. Answers the severity that the body itself names.
#[inline]
pub fn body<S: Sink>(
    encoded: &[u8],
    masks: &Masks,
    bits: &mut Bits,
    sink: &mut S,
    clues: &mut Clues,
) -> Result<Severity, Malformed> {
    match short_text(encoded) {
        Some(text) => Ok(line(text, masks, bits, sink, clues)),
        None => any_body(encoded, masks, bits, sink, clues),
    }
}

#[inline(never)]
fn any_body<S: Sink>(
    encoded: &[u8],
    masks: &Masks,
    bits: &mut Bits,
    sink: &mut S,
    clues: &mut Clues,
) -> Result<Severity, Malformed> {
    match Any::read(encoded)? {
        Any::Text(value) => return Ok(line(value, masks, bits, sink, clues)),
        Any::Map(map) => return structured::map(&map, masks, bits, sink, clues),
        Any::Array(_) => sink.part(b"[]"),
        Any::Bytes(_) => sink.part(b"bytes"),
        Any::Bool(value) => sink.part(if value { b"true" } else { b"false" }),
        Any::Int(value) => number(&value.to_string(), sink),
        Any::Double(value) => number(&value.to_string(), sink),
        Any::Empty => {}
    }
    Ok(Severity::Unset)
}

fn number<S: Sink>(text: &str, sink: &mut S) {
    sink.variable(text.as_bytes(), 0..text.len(), Some("num"));
}

/// Mines a text body: JSON as its structure, anything else as words.
pub fn line<S: Sink>(text: &[u8], masks: &Masks, bits: &mut Bits, sink: &mut S, clues: &mut Clues) -> Severity {
    if let Some(plain) = plain::read(text, bits) {
        let severity = plain.severity();
        plain.mine(masks, bits, sink, clues);
        return severity;
    }
    let text = without_colours(&text[..text.len().min(MINED_BYTES)]);
    let head = head::read(&text);
    let rest = text[head.start..].trim_ascii();
    if rest.first() == Some(&b'{')
        && let Some(severity) = structured::json(rest, masks, bits, sink, clues)
    {
        return severity.max(head.severity);
    }
    text::mine(&text, &head, masks, bits, sink, clues)
}

/// The text without terminals' escape sequences (`ESC [ … letter`).
fn without_colours(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(0x1b, text) else {
        return Cow::Borrowed(text);
    };
    let mut plain = text[..first].to_vec();
    let mut rest = &text[first..];
    while let Some(escape) = memchr(0x1b, rest) {
        plain.extend_from_slice(&rest[..escape]);
        rest = &rest[escape + 1..];
        if let Some(sequence) = rest.strip_prefix(b"[") {
            let end =
                sequence.iter().position(|byte| (0x40..=0x7e).contains(byte)).map_or(sequence.len(), |end| end + 1);
            rest = &sequence[end..];
        }
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::numbers_below;
    use crate::class::Outcome;

    fn skeleton(text: &str) -> String {
        let mut sink = sink::Skeleton::default();
        line(text.as_bytes(), &Masks::default(), &mut Bits::default(), &mut sink, &mut Clues::default());
        String::from_utf8(sink.text().to_vec()).unwrap()
    }

    fn template(text: &str) -> String {
        let mut sink = sink::Template::default();
        line(text.as_bytes(), &Masks::default(), &mut Bits::default(), &mut sink, &mut Clues::default());
        String::from_utf8(sink.finish().0).unwrap()
    }

    fn clues(text: &str) -> Clues {
        let mut clues = Clues::default();
        line(text.as_bytes(), &Masks::default(), &mut Bits::default(), &mut sink::Skeleton::default(), &mut clues);
        clues
    }

    #[test]
    fn values_are_masked_and_wording_stays() {
        for (line, shape) in [
            ("user 42 logged in", "user <*> logged in"),
            ("took 15ms for 3 rows", "took <*> for <*> rows"),
            ("connect to 10.0.0.1:8080 failed", "connect to <*> failed"),
            ("at 12:34:56,789 it stopped", "at <*> it stopped"),
            ("opened /var/lib/db/17.sst in ro mode", "opened <*> in ro mode"),
            ("rhost=example user=root state=open", "rhost=<*> user=<*> state=open"),
            ("exception.......12", "exception.......<*>"),
            ("mail from a.b@example.com accepted", "mail from <*> accepted"),
            ("values [1, 2, 3] read", "values [<*>] read"),
            ("session 'abc' ended, can't resume", "session '<*>' ended, can't resume"),
            ("at Mon Jan  2 10:00:00 2024 done", "at <*> done"),
            ("at Mon Jan1 done", "at Mon <*> done"),
            ("using sha256 for IPv6", "using sha256 for IPv6"),
            (r#"cart {"SKU-1013": "3", "total": "12"}"#, r#"cart {"<*>", "total": "<*>"}"#),
            ("read ['x', 'y', 'z'] and ['x'] of [a, b]", "read ['<*>'] and ['<*>'] of [<*>]"),
            ("set cached=true, owner=null, allowed=false", "set cached=true, owner=<*>, allowed=false"),
            ("db2_ok=false, 7on =false, on=false", "<*>=false, <*> =false, on=false"),
            ("see docs.example.com/a and shop.test", "see <*> and <*>"),
            ("key  spaced   out ", "key spaced out"),
            ("\u{1b}[32mINFO\u{1b}[0m ready", "<*> ready"),
            ("application/json and/or text", "application/json and/or text"),
            ("see https://docs.example/a?b=c, then retry", "see <*>, then retry"),
            ("first line\n  second 5", "first line"),
            (
                "Nov 22, 2026 10:55:07 AM Pay main\nSEVERE: could not settle 7\n",
                "<*> Pay main <*>: could not settle <*>",
            ),
            ("Build settings:shop.vendor=Some Company", "Build settings:<*>"),
            ("config:a.b=17 c=failed", "config:a.b=<*> c=failed"),
            ("lock tag=\"View Lock\", state=\"not ready\"", "lock tag=\"<*>\", state=\"not ready\""),
            ("set to 'abc'. Then", "set to '<*>'. Then"),
            ("ab12=0x0f size=1 cd3=2 x170=3", "ab12=<*> size=<*> cd3=<*>"),
            ("reconcile2() found child 7", "reconcile2() found child <*>"),
            ("no token for a.b.Worker$Task@5e91a0c7 yet", "no token for a.b.Worker$Task@<*> yet"),
            ("card AC:3B:71:0E:55:D2 and de:ad:be:ef:00:01", "card <*> and <*>"),
            ("link eth0: up (eth0) eth0::x", "link eth0: up (<*>) <*>::x"),
            ("status since Tue Mar 05 10:00:00 PDT 2024", "status since <*>"),
            ("db.shop.hk:5070 closed, ns.shop.zz [10.0.0.1] too, main.rs:17", "<*> closed, <*> [<*>] too, main.rs:<*>"),
            (
                "Failed password for invalid user alice from 10.0.0.1 port 22",
                "Failed password for invalid user <*> from <*> port <*>",
            ),
            ("job=20_4(20), job=20_[1-4] x=7(b) y(7)", "job=<*>, job=<*> x=<*>(b) y(<*>)"),
            ("sent to=<\"a b\"@x7> and <\"a7\"@b7> off", "sent to=<<*>> and <\"<*>\"<*>> off"),
            ("statement: INSERT INTO a (b) VALUES (7)", "statement: <*>"),
            ("denied for 'shop'@'%', ''@'lost' and 'a'@b", "denied for '<*>'@'<*>', ''@'<*>' and '<*>'@b"),
            ("statement: DROP TABLE a", "statement: DROP TABLE a"),
            ("cannot open '/var/lib/x': denied ('b': 7)", "cannot open '<*>': denied ('b': <*>)"),
            ("stream (RpcFeed v2) of API v1 is v2, Started v2", "stream (RpcFeed v2) of API v1 is <*>, Started <*>"),
            ("sent to na,nb. Then x,y and lost,found", "sent to <*>. Then <*> and lost,found"),
            ("loaded \"rate=7 name=x\" but \"rate=7 state=x\"", "loaded \"<*>\" but \"rate=<*> state=x\""),
            (r#"set a="\"b\"", c="\"d\"""#, r#"set a="<*>", c="<*>""#),
            ("of List(Stage 7, x), Set() and Set(failed) f()", "of List(<*>), Set(<*>) and Set(failed) f()"),
            ("media.name = \"Some Stream\" x.note = \"Some Stream\"", "media.name = \"<*>\" x.note = \"Some Stream\""),
            ("mail from=7 T=\"see you all by 7 May\" C=\"disk full\"", "mail from=<*> T=\"<*>\" C=\"disk full\""),
            ("GET /a?token=[secret] of /b=[7]", "GET <*> of <*>"),
            ("no such file: notes.txt, Error: a.B and x: lost.txt", "no such file: <*>, Error: a.B and x: lost.txt"),
            ("", ""),
        ] {
            assert_eq!(skeleton(line), shape, "{line}");
        }
    }

    #[test]
    fn what_is_joined_to_a_value_is_a_part_of_it() {
        for (line, shape) in [
            ("set up libc-bin:amd64 (2.36) and libssl3:arm64 (3.0)", "set up <*> (<*>) and <*> (<*>)"),
            ("arch:amd64 on amd64, libc-bin:amd64x", "arch:<*> on amd64, libc-bin:<*>"),
            ("unpack .../00-libc6.deb and ../lib, wait... or ...12", "unpack <*> and <*>, wait... or ...<*>"),
            (
                "socket[addr=/10.0.0.1,port=17,to=9] at /a,b and /a,b=c",
                "socket[addr=<*>,port=<*>,to=<*>] at <*> and <*>,b=<*>",
            ),
            ("removed '/tmp/a b 7.txt', ran '/bin/a failed'", "removed '<*>', ran '<*> failed'"),
            ("ran cmd=client|kill|x by=a | b", "ran cmd=<*> by=<*> | b"),
            ("as=a:b_c:s0 io=disk:failed to=c: d", "as=<*> io=<*>:failed to=<*>: d"),
            ("pool: java.util.Pool@1f2e[idle = 3] of a.Task@1f2e", "pool: <*>[idle = <*>] of a.Task@<*>"),
            ("got lib:amd64. Sent to=<\"a b\"@x> by=<\"c\"@y>", "got <*>. Sent to=<<*>> by=<<*>>"),
            ("reply $NRG.R.hAB for A$B.c at $5", "reply <*> for A$B.c at <*>"),
            ("row (7, x, 8, null, NULL) or null", "row (<*>, x, <*>) or null"),
        ] {
            assert_eq!(skeleton(line), shape, "{line}");
        }
    }

    #[test]
    fn what_names_something_is_a_value_and_what_tells_its_kind_is_not() {
        for (line, shape) in [
            ("scan of index \"orders_pkey\": 3 pages", "scan of index \"<*>\": <*> pages"),
            ("{\"total\": 3} and {'a': 1, \"b\": 2}", "{\"total\": <*>} and {'a': <*>, \"b\": <*>}"),
            ("auth u'alice' for b'key' and b'Forbidden', isn't b", "auth u'<*>' for b'<*>' and b'Forbidden', isn't b"),
            ("mail from=<root> to=<> by=<unknown> via=<failed>", "mail from=<<*>> to=<> by=<unknown> via=<failed>"),
            ("cmd=get user=none host=down state=open", "cmd=<*> user=<*> host=down state=open"),
            (
                "type=publickey mode=fast {'op': 'gather', 'status': 'init'} name=go",
                "type=publickey mode=fast {'op': 'gather', 'status': 'init'} name=<*>",
            ),
            (
                "codec=NONE errorCode=NONE state=null jobState=odd jobType=slow",
                "codec=<*> errorCode=NONE state=null jobState=odd jobType=slow",
            ),
            ("from src=TM_INITIAL dst=TM kid=_A_", "from src=TM_INITIAL dst=<*> kid=<*>"),
            (
                "decision=deny dkim=fail job=crash-test to=ann@failed.example user=lost",
                "decision=deny dkim=fail job=<*> to=<*> user=lost",
            ),
            (
                "event=\"NodeNotReady\" task=\"fail-over\" note=\"fine\" with result 'oom-kill' of 'oom-test'",
                "event=\"NodeNotReady\" task=\"<*>\" note=\"fine\" with result 'oom-kill' of '<*>'",
            ),
            ("level=info msg=connected infected=true cached=true", "level=<*> msg=connected infected=true cached=true"),
            ("cdr disposition=ANSWERED", "cdr disposition=<*>"),
            ("cdr disposition=BUSY", "cdr disposition=BUSY"),
            (
                "set breaker=half-open vm=poweredOff estop=\"pressed\"",
                "set breaker=half-open vm=poweredOff estop=\"pressed\"",
            ),
            (
                "app=past-due task_id=left name=misrouted role=standby from=LEFT",
                "app=<*> task_id=<*> name=<*> role=standby from=LEFT",
            ),
            ("db2_queue=left", "<*>=left"),
            ("deploy result: false health=true accessible=false", "deploy result: false health=true accessible=false"),
            (
                "lock acquired=false leads=true prune=true dry=false wet=true spoilt=false health=true found=false",
                "lock acquired=false leads=true prune=true dry=false wet=<*> spoilt=<*> health=true found=false",
            ),
            ("primary=none leader=None proxy=none loss=nan", "primary=none leader=None proxy=<*> loss=nan"),
            ("unit dbus.socket of a.b.socket", "unit <*> of a.b.socket"),
            ("info: Shop.Pay[17]\n      order 4 declined", "<*>: Shop.Pay[<*>] order <*> declined"),
            ("info: Shop.Pay[17] was\n      order 4 declined", "<*>: Shop.Pay[<*>] was"),
            ("got P_ACK_V1, route_v4_gw, SIGUSR1", "got P_ACK_V1, route_v4_gw, SIGUSR1"),
            ("got orders_v2 or A_B7 or a_v12_b", "got <*> or <*> or <*>"),
        ] {
            assert_eq!(skeleton(line), shape, "{line}");
        }
    }

    #[test]
    fn a_statement_is_a_value_where_its_key_says_that_it_is_one() {
        for (line, shape) in [
            ("took 3 ms statement: select a from b where c = 'd e'", "took <*> ms statement: <*>"),
            ("STATEMENT:  COMMIT", "STATEMENT: <*>"),
            ("process 17: begin; update a set b = 'c'", "process <*>"),
            ("was running: select sleep(30)", "was running: <*>"),
            ("note: update the set again", "note: update the set again"),
            ("note: select (or drop) one", "note: select (or drop) one"),
            ("query: update failed", "query: update failed"),
            ("query: begins", "query: begins"),
            ("hint: select one", "hint: select one"),
        ] {
            assert_eq!(skeleton(line), shape, "{line}");
        }
    }

    #[test]
    fn templates_say_what_kind_of_value_stands_where() {
        assert_eq!(template("took 15ms for 3 rows from 10.0.0.1:80"), "took <dur> for <num> rows from <ip>");
        assert_eq!(template("at 2024-05-01 12:34:56,789 done"), "at <time> <time> done");
    }

    #[test]
    fn an_access_log_is_one_shape_and_its_status_a_class() {
        let shape = "<*> [<*>] \"GET <*>\" <*> \"<*>\" \"<*>\"";
        for (line, outcome) in [
            (
                r#"10.0.0.1 - - [10/Oct/2024:13:55:36 -0700] "GET /a/b HTTP/1.1" 200 2326 "-" "Mozilla/5.0 (X11; Linux)""#,
                Outcome::Ok,
            ),
            (
                r#"10.0.0.2 - bob [10/Oct/2024:13:55:37 -0700] "GET /c HTTP/1.1" 503 12 "https://x.example/" "curl/8.0""#,
                Outcome::Error,
            ),
            (
                r#"10.0.0.2 - bob [10/Oct/2024:13:55:37 -0700] "GET /c HTTP/1.1" 404 12 "-" "curl""#,
                Outcome::ClientError,
            ),
        ] {
            assert_eq!(skeleton(line), shape, "{line}");
            assert_eq!(clues(line).outcome(), outcome, "{line}");
        }
    }

    #[test]
    fn outcomes_are_read_where_they_are_surely_one() {
        for (line, outcome) in [
            ("request done status=503 in 4ms", Outcome::Error),
            ("status: 200 len: 1893", Outcome::Ok),
            ("GET /orders/17 404 3ms", Outcome::ClientError),
            ("HTTP/1.1 500 from upstream", Outcome::Error),
            ("process exited with code 1", Outcome::Error),
            ("process exited with exit code 0", Outcome::Ok),
            ("job done rc=-1", Outcome::Error),
            ("sync finished err=<nil>", Outcome::Ok),
            ("sync finished err=\"connection reset\"", Outcome::Error),
            ("saved success=true", Outcome::Ok),
            ("grpc.code=14 in 3ms", Outcome::Error),
            ("| 503 | 1.2ms | GET", Outcome::Error),
            ("GET /orders responded 503 in 12 ms", Outcome::Error),
            ("Completed 422 Unprocessable Content in 5ms", Outcome::ClientError),
            ("grpc_code=UNAVAILABLE", Outcome::Error),
            ("read 503 rows", Outcome::Unset),
            (
                "Request finished HTTP/1.1 GET http://shop.example/orders - 500 367 application/json 14.0ms",
                Outcome::Error,
            ),
            ("End processing HTTP request after 101.3ms - 200", Outcome::Ok),
            ("10.0.0.1 - GET /orders - 503 - 12ms - curl/8.0", Outcome::Error),
            ("shop.service: Main process exited, code=exited, status=1/FAILURE", Outcome::Error),
            ("shop.service: Control process exited, code=exited, status=0/SUCCESS", Outcome::Ok),
            ("moved 7 - 503", Outcome::Unset),
            ("upstream returned HTTP 503", Outcome::Error),
            ("Sent 500 in 12ms", Outcome::Error),
            ("sent 500 rows", Outcome::Unset),
            ("[I 240501 10:00:00 web:2271] 404 GET /orders (10.0.0.1) 12.34ms", Outcome::ClientError),
            ("job ended OK elapsed 12 rc 8", Outcome::Error),
            ("backup hook exited 0", Outcome::Ok),
            ("approved responseCode=00", Outcome::Ok),
            ("approved responseCode=51", Outcome::Error),
            ("write done error_code=0000", Outcome::Unset),
            ("POST https://shop.example/orders?a=7 -> 503 (12ms)", Outcome::Error),
            ("GET /orders => 201 Created", Outcome::Ok),
            ("moved 17 -> 503", Outcome::Unset),
            ("lb/web-1 10/0/30/69/109 503 2750 - - SC-- 1/1/1/1/0 0/0 \"GET /a HTTP/1.1\"", Outcome::Error),
            ("lb/web-1 10/0/69 503 SD 1/1/1/1/0 0/0", Outcome::Unset),
            ("10.0.0.1:80 0.000 0.001 0.000 502 502 34 366 \"GET https://a:443/ HTTP/1.1\" \"a\"", Outcome::Error),
            ("1066036250.129 345 10.0.0.1 TCP_DENIED/403 1234 GET http://a.example/x", Outcome::ClientError),
            ("TCP_MISS/5030", Outcome::Unset),
            ("worker 4 exited with status 137", Outcome::Error),
            ("job 7 finished: exit status 255", Outcome::Error),
            ("command completed with status 137", Outcome::Error),
            ("request completed with status 204", Outcome::Ok),
            ("answered with status code 502", Outcome::Error),
            ("\"HTTP\" verb=\"GET\" resp=500", Outcome::Error),
            ("upstream_status=404 exit=0", Outcome::ClientError),
            ("hook done, exit=1", Outcome::Error),
            ("write done errno=28", Outcome::Error),
            ("call done code=Unavailable", Outcome::Error),
            ("probe done status=unknown", Outcome::Unset),
            ("write done error_code=0", Outcome::Unset),
            ("status: running", Outcome::Unset),
            ("error: text", Outcome::Unset),
        ] {
            assert_eq!(clues(line).outcome(), outcome, "{line}");
        }
    }

    #[test]
    fn probes_are_told_by_path_or_agent() {
        for (line, probe) in [
            (r#"10.0.0.1 - - [10/Oct/2024:13:55:36 -0700] "GET / HTTP/1.1" 200 2 "-" "kube-probe/1.29""#, true),
            (r#"10.0.0.1 - - [10/Oct/2024:13:55:36 -0700] "GET /healthz HTTP/1.1" 200 2 "-" "curl/8""#, true),
            (r#"10.0.0.1 - - [10/Oct/2024:13:55:36 -0700] "GET /orders HTTP/1.1" 200 2 "-" "curl/8""#, false),
            (r#"127.0.0.1:5000 - "GET /readyz HTTP/1.1" 200 OK"#, true),
            ("path=/metrics status=200", true),
        ] {
            assert_eq!(clues(line).probe, probe, "{line}");
        }
    }

    #[test]
    fn json_is_mined_by_its_keys_and_its_message() {
        let one = r#"{"level":"info","ts":1.5,"msg":"took 15ms","req":{"id":"a-1","n":2}}"#;
        let other = r#"{"ts":9.25,"msg":"took 3ms","level":"info","req":{"n":7,"id":"b"}}"#;
        assert_eq!(skeleton(one), "{level:s,req.id:s,req.n:n,ts:n} took <*>");
        assert_eq!(skeleton(one), skeleton(other));
        assert_eq!(skeleton("{not json"), "{not json");
        assert_eq!(clues(r#"{"msg":"x","error":"boom"}"#).outcome(), Outcome::Error);
        assert_eq!(clues(r#"{"msg":"x","response":{"status":404}}"#).outcome(), Outcome::ClientError);
        assert!(clues(r#"{"path":"/healthz"}"#).probe);
        assert!(clues(r#"{"request":"GET /healthz HTTP/1.1","status":200}"#).probe);
    }

    #[test]
    fn a_level_is_read_wherever_a_logger_puts_it() {
        for (line, severity) in [
            (r#"{"level":"E","msg":"x"}"#, Severity::Error),
            (r#"{"s":"W","msg":"x"}"#, Severity::Warn),
            (r#"{"@level":"error","@message":"x"}"#, Severity::Error),
            (r#"{"level":50,"msg":"x"}"#, Severity::Error),
            (r#"{"MESSAGE":"x","PRIORITY":"3"}"#, Severity::Error),
            (r#"{"priority":"error","msg":"x"}"#, Severity::Error),
            ("May 01, 2024 10:00:00 AM a.b.Worker done\nSEVERE: it broke", Severity::Error),
            ("time=\"2024-05-01\" level=crit msg=x", Severity::Fatal),
            ("order=17 event=\"it failed\" level=error", Severity::Error),
        ] {
            let mut sink = sink::Skeleton::default();
            let named =
                super::line(line.as_bytes(), &Masks::default(), &mut Bits::default(), &mut sink, &mut Clues::default());
            assert_eq!(named, severity, "{line}");
        }
    }

    #[test]
    fn an_unknown_level_stays_in_the_shape() {
        assert_ne!(skeleton(r#"{"level":"odd","msg":"x"}"#), skeleton(r#"{"level":"even","msg":"x"}"#));
    }

    #[test]
    fn an_exception_on_a_later_line_is_an_error() {
        assert_eq!(clues("closing connection 17\njava.io.IOException: broken pipe").outcome(), Outcome::Error);
        assert_eq!(clues("handled 17\nTraceback (most recent call last):").outcome(), Outcome::Error);
        assert_eq!(clues("handled 17\nall is well").outcome(), Outcome::Unset);
    }

    #[test]
    fn any_bytes_are_mined_without_a_panic() {
        let mut below = numbers_below(1);
        let mut next = || below(usize::MAX);
        for _ in 0..20_000 {
            let length = next() % 64;
            let alphabet = b" \"'{}[]=:/\\.<>019azAZ@-,\x1b\n\xff\xc3IE";
            let bytes: Vec<u8> = (0..length).map(|_| alphabet[next() % alphabet.len()]).collect();
            line(
                &bytes,
                &Masks::default(),
                &mut Bits::default(),
                &mut sink::Skeleton::default(),
                &mut Clues::default(),
            );
            line(
                &bytes,
                &Masks::default(),
                &mut Bits::default(),
                &mut sink::Template::default(),
                &mut Clues::default(),
            );
        }
    }
}
