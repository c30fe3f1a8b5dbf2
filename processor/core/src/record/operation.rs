//! What a span does, as the semantic conventions tell it in attributes: their newest names and those before.
//!
//! The conventions ask for span names of low cardinality and build them of these attributes; so does this, for spans
//! whose instrumentation put an id, a path or a statement into the name.

use std::borrow::Cow;

use super::{name, text_of};
use crate::any::{KeyValue, short_pair};
use crate::lexicon::endings::Endings;
use crate::mine::sink::Sink;

type Text<'a> = Option<Cow<'a, [u8]>>;

/// The attributes that name what a span does better than its own name.
#[derive(Default)]
pub struct Operation<'a> {
    http_method: Text<'a>,
    route: Text<'a>,
    rpc_service: Text<'a>,
    rpc_method: Text<'a>,
    db_summary: Text<'a>,
    db_verb: Text<'a>,
    db_target: Text<'a>,
    db_namespace: Text<'a>,
    graphql_type: Text<'a>,
    graphql_name: Text<'a>,
    messaging_verb: Text<'a>,
    messaging_template: Text<'a>,
    messaging_destination: Text<'a>,
    /// Whether the destination is made for one client and gone with it.
    is_passing: bool,
    function: Text<'a>,
    ai_verb: Text<'a>,
    ai_target: Text<'a>,
}

/// How their keys end.
static ENDINGS: Endings = Endings::new(&[b"od", b"te", b"ce", b"me", b"ry", b"on", b"le", b"er", b"pe", b"el", b"us"]);

/// A cheap look at an attribute: whether it may be one of these, unless it is encoded unusually.
#[inline]
pub fn may_name(encoded: &[u8]) -> bool {
    match short_pair(encoded) {
        Some((key, _)) => is_known(key),
        None => true,
    }
}

#[inline]
fn is_known(key: &[u8]) -> bool {
    matches!(key.first(), Some(b'd' | b'f' | b'g' | b'h' | b'm' | b'r' | b'u')) && ENDINGS.may_end(key)
}

impl<'a> Operation<'a> {
    /// Takes one attribute in. Most say nothing of an operation, which their first letter tells.
    #[inline(never)]
    pub fn take(&mut self, pair: &KeyValue<'a>) {
        let place = match pair.key.first().copied().unwrap_or_default() {
            b'd' => self.of_database(pair.key),
            b'g' => self.of_query_or_model(pair.key),
            b'm' => self.of_messaging(pair),
            _ => match pair.key {
                b"http.request.method" | b"http.method" => Some(&mut self.http_method),
                b"http.route" | b"url.template" => Some(&mut self.route),
                b"rpc.service" => Some(&mut self.rpc_service),
                b"rpc.method" => Some(&mut self.rpc_method),
                b"faas.invoked_name" => Some(&mut self.function),
                _ => None,
            },
        };
        if let Some(place) = place {
            *place = text_of(pair).filter(|text| !text.is_empty() && **text != *b"_OTHER");
        }
    }

    fn of_database(&mut self, key: &[u8]) -> Option<&mut Text<'a>> {
        match key {
            b"db.query.summary" => Some(&mut self.db_summary),
            b"db.operation.name" | b"db.operation" => Some(&mut self.db_verb),
            b"db.collection.name"
            | b"db.sql.table"
            | b"db.mongodb.collection"
            | b"db.cassandra.table"
            | b"db.cosmosdb.container"
            | b"db.stored_procedure.name" => Some(&mut self.db_target),
            b"db.namespace" | b"db.name" => Some(&mut self.db_namespace),
            _ => None,
        }
    }

    fn of_query_or_model(&mut self, key: &[u8]) -> Option<&mut Text<'a>> {
        match key {
            b"graphql.operation.type" => Some(&mut self.graphql_type),
            b"graphql.operation.name" => Some(&mut self.graphql_name),
            b"gen_ai.operation.name" => Some(&mut self.ai_verb),
            b"gen_ai.request.model" | b"gen_ai.agent.name" | b"gen_ai.tool.name" => Some(&mut self.ai_target),
            _ => None,
        }
    }

    fn of_messaging(&mut self, pair: &KeyValue<'a>) -> Option<&mut Text<'a>> {
        match pair.key {
            b"messaging.operation.name" => Some(&mut self.messaging_verb),
            b"messaging.operation.type" | b"messaging.operation" if self.messaging_verb.is_none() => {
                Some(&mut self.messaging_verb)
            }
            b"messaging.destination.template" => Some(&mut self.messaging_template),
            b"messaging.destination.name" | b"messaging.destination" => Some(&mut self.messaging_destination),
            b"messaging.destination.temporary" | b"messaging.temp_destination" | b"messaging.destination.anonymous" => {
                // `AnyValue` with the member `bool_value`.
                self.is_passing |= *pair.value == [0x10, 1];
                None
            }
            _ => None,
        }
    }

    /// Writes what the attributes say; answers whether they say it. What is more specific comes first: a GraphQL
    /// operation before the request that carries it.
    pub fn write<S: Sink>(&self, sink: &mut S) -> bool {
        if let (Some(kind), Some(name)) = (&self.graphql_type, &self.graphql_name) {
            pair(kind, b" ", name, sink);
        } else if let (Some(method), Some(route)) = (&self.http_method, &self.route) {
            pair(method, b" ", route, sink);
        } else if let (Some(service), Some(method)) = (&self.rpc_service, &self.rpc_method) {
            // The newest form has the service within the method.
            if method.contains(&b'/') { sink.part(method) } else { pair(service, b"/", method, sink) }
        } else if let Some(method) = self.rpc_method.as_ref().filter(|method| method.contains(&b'/')) {
            sink.part(method);
        } else if let Some(summary) = &self.db_summary {
            sink.part(summary);
        } else if let (Some(operation), Some(target)) =
            (&self.db_verb, self.db_target.as_ref().or(self.db_namespace.as_ref()))
        {
            sink.part(operation);
            sink.part(b" ");
            name::write(target, sink);
        } else if let Some(operation) = &self.messaging_verb
            && self.writes_destination()
        {
            sink.part(operation);
            sink.part(b" ");
            self.destination(sink);
        } else if let (Some(operation), Some(target)) = (&self.ai_verb, &self.ai_target) {
            pair(operation, b" ", target, sink);
        } else if let Some(function) = &self.function {
            sink.part(b"invoke ");
            sink.part(function);
        } else {
            return false;
        }
        true
    }

    fn writes_destination(&self) -> bool {
        self.messaging_template.is_some() || self.messaging_destination.is_some() || self.is_passing
    }

    fn destination<S: Sink>(&self, sink: &mut S) {
        if let Some(template) = &self.messaging_template {
            sink.part(template);
        } else if self.is_passing {
            sink.part(b"(temporary)");
        } else if let Some(destination) = &self.messaging_destination {
            name::write(destination, sink);
        }
    }
}

fn pair<S: Sink>(one: &[u8], between: &[u8], other: &[u8], sink: &mut S) {
    for text in [one, between, other] {
        sink.part(text);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_key_that_is_known_is_one_at_the_first_look() {
        let keys = "http.request.method http.method http.route url.template rpc.service rpc.method faas.invoked_name \
            db.query.summary db.operation.name db.operation db.collection.name db.sql.table db.mongodb.collection \
            db.cassandra.table db.cosmosdb.container db.stored_procedure.name db.namespace db.name \
            graphql.operation.type graphql.operation.name gen_ai.operation.name gen_ai.request.model \
            gen_ai.agent.name gen_ai.tool.name messaging.operation.name messaging.operation.type messaging.operation \
            messaging.destination.template messaging.destination.name messaging.destination \
            messaging.destination.temporary messaging.temp_destination messaging.destination.anonymous";
        for key in keys.split_ascii_whitespace() {
            assert!(super::is_known(key.as_bytes()), "{key}");
        }
        assert!(
            !super::is_known(b"db.statement") && !super::is_known(b"http.scheme_") && !super::is_known(b"rpc.system")
        );
    }
}
