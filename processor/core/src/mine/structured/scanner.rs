//! Reads a JSON text without building anything of it: what it holds is told as it comes.

use memchr::memchr2;

use super::{DEPTH, Found, push_key};

/// A scanner for JSON that builds nothing but what `Found` keeps.
pub(super) struct Scanner<'t, 'f> {
    pub text: &'t [u8],
    pub at: usize,
    pub found: &'f mut Found,
}

impl<'t> Scanner<'t, '_> {
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    pub(super) fn object(&mut self, path: &mut Vec<u8>, depth: usize) -> Option<()> {
        self.eat(b'{')?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.peek()?;
            let key = self.string()?;
            self.eat(b':')?;
            let parent = path.len();
            push_key(path, key);
            self.value(path, key, depth)?;
            path.truncate(parent);
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn value(&mut self, path: &mut Vec<u8>, key: &[u8], depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' if depth < DEPTH => {
                let empty = self.text[self.at + 1..].trim_ascii_start().first() == Some(&b'}');
                self.found.container(key, !empty);
                self.object(path, depth + 1)
            }
            b'{' | b'[' => {
                let start = self.at;
                self.skip_container()?;
                self.found.container(key, self.at - start > 2);
                self.found.leaf(path, if self.text[start] == b'[' { b'a' } else { b'*' });
                Some(())
            }
            b'"' => {
                let value = self.string()?;
                if value.contains(&b'\\') {
                    self.found.scalar(path, key, &unescaped(value), b's', depth);
                } else {
                    self.found.scalar(path, key, value, b's', depth);
                }
                Some(())
            }
            _ => {
                let start = self.at;
                while self
                    .text
                    .get(self.at)
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
                {
                    self.at += 1;
                }
                let value = &self.text[start..self.at];
                let kind = match value {
                    b"true" | b"false" => b'b',
                    b"null" => b'0',
                    [b'-' | b'0'..=b'9', ..] => b'n',
                    _ => return None,
                };
                self.found.scalar(path, key, value, kind, depth);
                Some(())
            }
        }
    }

    /// A string's content, escapes as they stand.
    fn string(&mut self) -> Option<&'t [u8]> {
        if self.text.get(self.at) != Some(&b'"') {
            return None;
        }
        self.at += 1;
        let start = self.at;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(next) = memchr2(b'"', b'\\', rest) else {
                self.at = self.text.len();
                return None;
            };
            if rest[next] == b'"' {
                self.at += next + 1;
                return Some(&self.text[start..self.at - 1]);
            }
            self.at += next + 2;
        }
    }

    /// Passes an array or a too deep object without looking into it.
    fn skip_container(&mut self) -> Option<()> {
        let mut open = 0usize;
        loop {
            match self.peek()? {
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    open -= 1;
                    self.at += 1;
                    if open == 0 {
                        return Some(());
                    }
                }
                b'"' => {
                    self.string()?;
                }
                _ => self.at += 1,
            }
        }
    }
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let quoted = [b"\"", text, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).map_or_else(|_| text.to_vec(), String::into_bytes)
}
