//! Whom a record talks to, as far as the semantic conventions have a closed list of names for it.
//!
//! Values of attributes are never kept. These are no more than a choice from the lists below: what is on none of them
//! is passed over.

use crate::any::{Any, KeyValue};

const DATABASES: &[&str] = &[
    "actian.ingres",
    "aws.dynamodb",
    "aws.redshift",
    "azure.cosmosdb",
    "cassandra",
    "clickhouse",
    "cockroachdb",
    "cosmosdb",
    "couchbase",
    "couchdb",
    "db2",
    "derby",
    "dynamodb",
    "elasticsearch",
    "firebirdsql",
    "gcp.spanner",
    "geode",
    "h2",
    "h2database",
    "hbase",
    "hive",
    "hsqldb",
    "ibm.db2",
    "ibm.informix",
    "ibm.netezza",
    "influxdb",
    "instantdb",
    "intersystems.cache",
    "mariadb",
    "memcached",
    "microsoft.sql_server",
    "mongodb",
    "mssql",
    "mysql",
    "neo4j",
    "opensearch",
    "oracle",
    "oracle.db",
    "other_sql",
    "postgresql",
    "redis",
    "redshift",
    "sap.hana",
    "sap.maxdb",
    "softwareag.adabas",
    "spanner",
    "sqlite",
    "sybase",
    "teradata",
    "trino",
    "vertica",
];
const BROKERS: &[&str] = &[
    "activemq",
    "aws.sns",
    "aws_sqs",
    "eventgrid",
    "eventhubs",
    "gcp_pubsub",
    "jms",
    "kafka",
    "pulsar",
    "rabbitmq",
    "rocketmq",
    "servicebus",
];
const CALLS: &[&str] =
    &["apache_dubbo", "connect_rpc", "dotnet_wcf", "dubbo", "grpc", "java_rmi", "jsonrpc", "onc_rpc"];
const MODELS: &[&str] = &[
    "anthropic",
    "aws.bedrock",
    "azure.ai.inference",
    "azure.ai.openai",
    "cohere",
    "deepseek",
    "gcp.gemini",
    "gcp.gen_ai",
    "gcp.vertex_ai",
    "groq",
    "ibm.watsonx.ai",
    "mistral_ai",
    "openai",
    "perplexity",
    "x_ai",
    "xai",
];

/// The name from a closed list that an attribute gives, or none.
pub fn peer(pair: &KeyValue) -> Option<&'static str> {
    let names = match pair.key {
        b"db.system" | b"db.system.name" => DATABASES,
        b"messaging.system" => BROKERS,
        b"rpc.system" | b"rpc.system.name" => CALLS,
        b"gen_ai.system" | b"gen_ai.provider.name" => MODELS,
        _ => return None,
    };
    let Ok(Any::Text(text)) = Any::read(&pair.value) else { return None };
    names.iter().find(|name| name.as_bytes() == text).copied()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::wire::put_bytes;

    fn of(key: &str, value: &str) -> Option<&'static str> {
        let mut any = Vec::new();
        put_bytes(&mut any, 1, value.as_bytes());
        peer(&KeyValue { key: key.as_bytes(), value: Cow::Owned(any) })
    }

    #[test]
    fn a_name_is_taken_only_from_the_list_of_its_key() {
        assert_eq!(of("db.system", "postgresql"), Some("postgresql"));
        assert_eq!(of("db.system.name", "microsoft.sql_server"), Some("microsoft.sql_server"));
        assert_eq!(of("messaging.system", "kafka"), Some("kafka"));
        assert_eq!(of("messaging.system", "postgresql"), None);
        assert_eq!(of("db.name", "postgresql"), None);
        for other in ["", "postgresql ", "PostgreSQL", "postgresql; password=hunter2"] {
            assert_eq!(of("db.system", other), None);
        }
    }

    #[test]
    fn what_is_no_text_is_no_name() {
        assert_eq!(peer(&KeyValue { key: b"db.system", value: Cow::Borrowed(&[0x18, 7]) }), None);
        assert_eq!(peer(&KeyValue { key: b"db.system", value: Cow::Borrowed(&[0x0a, 0xff]) }), None);
        assert_eq!(peer(&KeyValue { key: b"db.system", value: Cow::Borrowed(&[]) }), None);
    }
}
