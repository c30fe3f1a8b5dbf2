"""Speaking Kafka: transport only, nothing here knows what a verdict is.

What is used of aiokafka 0.14 is its connection (TLS, SASL, framing), its request structs and its record batches. Its
producer, consumer and admin client are not: they retry inside, in tasks of their own. A fetch that fails is logged and
never raised, a list of brokers is asked once and never again, and `stop` waits for a dead broker, raises
CancelledError or leaves tasks behind (aio-libs/aiokafka issues 512, 647, 1013 and 1101). Here one call is one request
and one answer or one BrokerError, and nothing runs that the caller does not await.
"""
