//! The export requests of the three signals and every message in them: opentelemetry-proto 1.45.2.
//! A contract test holds these tables to the descriptors of the Python package.

use super::schema::Kind::{
    Base64, Bool, Double, Enum, Fixed32, Fixed64, Id, Int32, Int64, Nested, Sfixed64, Sint32, Text, Uint32, Uint64,
};
use super::schema::{Message, one_of, optional, packed, plain, repeated};

pub(super) static EXPORT_LOGS_SERVICE_REQUEST: Message =
    Message(&[repeated(1, "resource_logs", Nested(&RESOURCE_LOGS))]);

// logs.proto
static RESOURCE_LOGS: Message = Message(&[
    optional(1, "resource", Nested(&RESOURCE)),
    repeated(2, "scope_logs", Nested(&SCOPE_LOGS)),
    plain(3, "schema_url", Text),
]);

static SCOPE_LOGS: Message = Message(&[
    optional(1, "scope", Nested(&INSTRUMENTATION_SCOPE)),
    repeated(2, "log_records", Nested(&LOG_RECORD)),
    plain(3, "schema_url", Text),
]);

static LOG_RECORD: Message = Message(&[
    plain(1, "time_unix_nano", Fixed64),
    plain(2, "severity_number", Enum(&SEVERITY_NUMBER)),
    plain(3, "severity_text", Text),
    optional(5, "body", Nested(&ANY_VALUE)),
    repeated(6, "attributes", Nested(&KEY_VALUE)),
    plain(7, "dropped_attributes_count", Uint32),
    plain(8, "flags", Fixed32),
    plain(9, "trace_id", Id),
    plain(10, "span_id", Id),
    plain(11, "observed_time_unix_nano", Fixed64),
    plain(12, "event_name", Text),
]);

static SEVERITY_NUMBER: [&str; 25] = [
    "SEVERITY_NUMBER_UNSPECIFIED",
    "SEVERITY_NUMBER_TRACE",
    "SEVERITY_NUMBER_TRACE2",
    "SEVERITY_NUMBER_TRACE3",
    "SEVERITY_NUMBER_TRACE4",
    "SEVERITY_NUMBER_DEBUG",
    "SEVERITY_NUMBER_DEBUG2",
    "SEVERITY_NUMBER_DEBUG3",
    "SEVERITY_NUMBER_DEBUG4",
    "SEVERITY_NUMBER_INFO",
    "SEVERITY_NUMBER_INFO2",
    "SEVERITY_NUMBER_INFO3",
    "SEVERITY_NUMBER_INFO4",
    "SEVERITY_NUMBER_WARN",
    "SEVERITY_NUMBER_WARN2",
    "SEVERITY_NUMBER_WARN3",
    "SEVERITY_NUMBER_WARN4",
    "SEVERITY_NUMBER_ERROR",
    "SEVERITY_NUMBER_ERROR2",
    "SEVERITY_NUMBER_ERROR3",
    "SEVERITY_NUMBER_ERROR4",
    "SEVERITY_NUMBER_FATAL",
    "SEVERITY_NUMBER_FATAL2",
    "SEVERITY_NUMBER_FATAL3",
    "SEVERITY_NUMBER_FATAL4",
];

// resource.proto
static RESOURCE: Message = Message(&[
    repeated(1, "attributes", Nested(&KEY_VALUE)),
    plain(2, "dropped_attributes_count", Uint32),
    repeated(3, "entity_refs", Nested(&ENTITY_REF)),
]);

// common.proto
static KEY_VALUE: Message =
    Message(&[plain(1, "key", Text), optional(2, "value", Nested(&ANY_VALUE)), plain(3, "key_strindex", Int32)]);

static ANY_VALUE: Message = Message(&[
    one_of(1, "string_value", Text),
    one_of(2, "bool_value", Bool),
    one_of(3, "int_value", Int64),
    one_of(4, "double_value", Double),
    one_of(5, "array_value", Nested(&ARRAY_VALUE)),
    one_of(6, "kvlist_value", Nested(&KEY_VALUE_LIST)),
    one_of(7, "bytes_value", Base64),
    one_of(8, "string_value_strindex", Int32),
]);

static ARRAY_VALUE: Message = Message(&[repeated(1, "values", Nested(&ANY_VALUE))]);

static KEY_VALUE_LIST: Message = Message(&[repeated(1, "values", Nested(&KEY_VALUE))]);

static ENTITY_REF: Message = Message(&[
    plain(1, "schema_url", Text),
    plain(2, "type", Text),
    repeated(3, "id_keys", Text),
    repeated(4, "description_keys", Text),
]);

static INSTRUMENTATION_SCOPE: Message = Message(&[
    plain(1, "name", Text),
    plain(2, "version", Text),
    repeated(3, "attributes", Nested(&KEY_VALUE)),
    plain(4, "dropped_attributes_count", Uint32),
]);

pub(super) static EXPORT_METRICS_SERVICE_REQUEST: Message =
    Message(&[repeated(1, "resource_metrics", Nested(&RESOURCE_METRICS))]);

// metrics.proto
static RESOURCE_METRICS: Message = Message(&[
    optional(1, "resource", Nested(&RESOURCE)),
    repeated(2, "scope_metrics", Nested(&SCOPE_METRICS)),
    plain(3, "schema_url", Text),
]);

static SCOPE_METRICS: Message = Message(&[
    optional(1, "scope", Nested(&INSTRUMENTATION_SCOPE)),
    repeated(2, "metrics", Nested(&METRIC)),
    plain(3, "schema_url", Text),
]);

static METRIC: Message = Message(&[
    plain(1, "name", Text),
    plain(2, "description", Text),
    plain(3, "unit", Text),
    one_of(5, "gauge", Nested(&GAUGE)),
    one_of(7, "sum", Nested(&SUM)),
    one_of(9, "histogram", Nested(&HISTOGRAM)),
    one_of(10, "exponential_histogram", Nested(&EXPONENTIAL_HISTOGRAM)),
    one_of(11, "summary", Nested(&SUMMARY)),
    repeated(12, "metadata", Nested(&KEY_VALUE)),
]);

static GAUGE: Message = Message(&[repeated(1, "data_points", Nested(&NUMBER_DATA_POINT))]);

static NUMBER_DATA_POINT: Message = Message(&[
    plain(2, "start_time_unix_nano", Fixed64),
    plain(3, "time_unix_nano", Fixed64),
    one_of(4, "as_double", Double),
    repeated(5, "exemplars", Nested(&EXEMPLAR)),
    one_of(6, "as_int", Sfixed64),
    repeated(7, "attributes", Nested(&KEY_VALUE)),
    plain(8, "flags", Uint32),
]);

static EXEMPLAR: Message = Message(&[
    plain(2, "time_unix_nano", Fixed64),
    one_of(3, "as_double", Double),
    plain(4, "span_id", Id),
    plain(5, "trace_id", Id),
    one_of(6, "as_int", Sfixed64),
    repeated(7, "filtered_attributes", Nested(&KEY_VALUE)),
]);

static SUM: Message = Message(&[
    repeated(1, "data_points", Nested(&NUMBER_DATA_POINT)),
    plain(2, "aggregation_temporality", Enum(&AGGREGATION_TEMPORALITY)),
    plain(3, "is_monotonic", Bool),
]);

static AGGREGATION_TEMPORALITY: [&str; 3] =
    ["AGGREGATION_TEMPORALITY_UNSPECIFIED", "AGGREGATION_TEMPORALITY_DELTA", "AGGREGATION_TEMPORALITY_CUMULATIVE"];

static HISTOGRAM: Message = Message(&[
    repeated(1, "data_points", Nested(&HISTOGRAM_DATA_POINT)),
    plain(2, "aggregation_temporality", Enum(&AGGREGATION_TEMPORALITY)),
]);

static HISTOGRAM_DATA_POINT: Message = Message(&[
    plain(2, "start_time_unix_nano", Fixed64),
    plain(3, "time_unix_nano", Fixed64),
    plain(4, "count", Fixed64),
    optional(5, "sum", Double),
    packed(6, "bucket_counts", Fixed64),
    packed(7, "explicit_bounds", Double),
    repeated(8, "exemplars", Nested(&EXEMPLAR)),
    repeated(9, "attributes", Nested(&KEY_VALUE)),
    plain(10, "flags", Uint32),
    optional(11, "min", Double),
    optional(12, "max", Double),
]);

static EXPONENTIAL_HISTOGRAM: Message = Message(&[
    repeated(1, "data_points", Nested(&EXPONENTIAL_HISTOGRAM_DATA_POINT)),
    plain(2, "aggregation_temporality", Enum(&AGGREGATION_TEMPORALITY)),
]);

static EXPONENTIAL_HISTOGRAM_DATA_POINT: Message = Message(&[
    repeated(1, "attributes", Nested(&KEY_VALUE)),
    plain(2, "start_time_unix_nano", Fixed64),
    plain(3, "time_unix_nano", Fixed64),
    plain(4, "count", Fixed64),
    optional(5, "sum", Double),
    plain(6, "scale", Sint32),
    plain(7, "zero_count", Fixed64),
    optional(8, "positive", Nested(&BUCKETS)),
    optional(9, "negative", Nested(&BUCKETS)),
    plain(10, "flags", Uint32),
    repeated(11, "exemplars", Nested(&EXEMPLAR)),
    optional(12, "min", Double),
    optional(13, "max", Double),
    plain(14, "zero_threshold", Double),
]);

static BUCKETS: Message = Message(&[plain(1, "offset", Sint32), packed(2, "bucket_counts", Uint64)]);

static SUMMARY: Message = Message(&[repeated(1, "data_points", Nested(&SUMMARY_DATA_POINT))]);

static SUMMARY_DATA_POINT: Message = Message(&[
    plain(2, "start_time_unix_nano", Fixed64),
    plain(3, "time_unix_nano", Fixed64),
    plain(4, "count", Fixed64),
    plain(5, "sum", Double),
    repeated(6, "quantile_values", Nested(&VALUE_AT_QUANTILE)),
    repeated(7, "attributes", Nested(&KEY_VALUE)),
    plain(8, "flags", Uint32),
]);

static VALUE_AT_QUANTILE: Message = Message(&[plain(1, "quantile", Double), plain(2, "value", Double)]);

pub(super) static EXPORT_TRACE_SERVICE_REQUEST: Message =
    Message(&[repeated(1, "resource_spans", Nested(&RESOURCE_SPANS))]);

// trace.proto
static RESOURCE_SPANS: Message = Message(&[
    optional(1, "resource", Nested(&RESOURCE)),
    repeated(2, "scope_spans", Nested(&SCOPE_SPANS)),
    plain(3, "schema_url", Text),
]);

static SCOPE_SPANS: Message = Message(&[
    optional(1, "scope", Nested(&INSTRUMENTATION_SCOPE)),
    repeated(2, "spans", Nested(&SPAN)),
    plain(3, "schema_url", Text),
]);

static SPAN: Message = Message(&[
    plain(1, "trace_id", Id),
    plain(2, "span_id", Id),
    plain(3, "trace_state", Text),
    plain(4, "parent_span_id", Id),
    plain(5, "name", Text),
    plain(6, "kind", Enum(&SPAN_KIND)),
    plain(7, "start_time_unix_nano", Fixed64),
    plain(8, "end_time_unix_nano", Fixed64),
    repeated(9, "attributes", Nested(&KEY_VALUE)),
    plain(10, "dropped_attributes_count", Uint32),
    repeated(11, "events", Nested(&SPAN_EVENT)),
    plain(12, "dropped_events_count", Uint32),
    repeated(13, "links", Nested(&SPAN_LINK)),
    plain(14, "dropped_links_count", Uint32),
    optional(15, "status", Nested(&STATUS)),
    plain(16, "flags", Fixed32),
]);

static SPAN_KIND: [&str; 6] = [
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
];

static SPAN_EVENT: Message = Message(&[
    plain(1, "time_unix_nano", Fixed64),
    plain(2, "name", Text),
    repeated(3, "attributes", Nested(&KEY_VALUE)),
    plain(4, "dropped_attributes_count", Uint32),
]);

static SPAN_LINK: Message = Message(&[
    plain(1, "trace_id", Id),
    plain(2, "span_id", Id),
    plain(3, "trace_state", Text),
    repeated(4, "attributes", Nested(&KEY_VALUE)),
    plain(5, "dropped_attributes_count", Uint32),
    plain(6, "flags", Fixed32),
]);

static STATUS: Message = Message(&[plain(2, "message", Text), plain(3, "code", Enum(&STATUS_CODE))]);

static STATUS_CODE: [&str; 3] = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];
