package shop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shipping service: reads paid orders from Kafka, has a carrier take them, and tells the others through Kafka. */
public final class Shipping {
    private static final Logger LOG = LoggerFactory.getLogger(Shipping.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GROUP = "shipping";

    private final Carrier carrier = new Carrier(17);
    private final Map<String, Integer> parcels = new TreeMap<>();
    private final String dsn;
    private final KafkaConsumer<String, String> orders;
    private final KafkaProducer<String, String> events;
    private Connection database;

    private Shipping(String brokers, String dsn) {
        this.dsn = dsn;
        Properties settings = new Properties();
        settings.putAll(Map.of(
            "bootstrap.servers", brokers, "group.id", GROUP, "client.id", "shipping-1", "acks", "all",
            "auto.offset.reset", "earliest", "enable.auto.commit", "false", "session.timeout.ms", "6000",
            "key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer",
            "value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"));
        orders = new KafkaConsumer<>(settings);
        Properties sending = new Properties();
        sending.putAll(Map.of(
            "bootstrap.servers", brokers, "client.id", "shipping-events", "acks", "all", "delivery.timeout.ms", "5000",
            "request.timeout.ms", "2000", "linger.ms", "5",
            "key.serializer", "org.apache.kafka.common.serialization.StringSerializer",
            "value.serializer", "org.apache.kafka.common.serialization.StringSerializer"));
        events = new KafkaProducer<>(sending);
    }

    /** Slow at times, and now and then it does not answer. */
    private static final class Carrier {
        private static final Logger LOG = LoggerFactory.getLogger(Carrier.class);
        private static final List<String> NAMES = List.of("DHL", "GLS", "UPS", "PostNL");
        private final Random chance;

        Carrier(long seed) {
            chance = new Random(seed);
        }

        String name() {
            return NAMES.get(chance.nextInt(NAMES.size()));
        }

        String book(long order, String name) throws IOException, InterruptedException {
            long millis = 5 + chance.nextInt(40) + (chance.nextInt(25) == 0 ? 700 : 0);
            LOG.debug("POST /v2/labels to {} for order {}", name, order);
            Thread.sleep(millis);
            if (chance.nextInt(12) == 0) {
                throw new SocketTimeoutException("Read timed out");
            }
            if (millis > 500) {
                LOG.warn("carrier {} answered after {} ms, expected less than {} ms", name, millis, 500);
            }
            return String.format("%s%010d", name.substring(0, 2).toUpperCase(), Math.abs(chance.nextLong() % 10_000_000_000L));
        }
    }

    private Connection database() throws SQLException {
        if (database == null || !database.isValid(1)) {
            database = DriverManager.getConnection(dsn);
            LOG.info("Connected to database shipments at {}", database.getMetaData().getURL().split("\\?")[0]);
            database.createStatement().execute(
                "CREATE TABLE IF NOT EXISTS shipments (order_id bigint PRIMARY KEY, carrier text, tracking text, state text)");
        }
        return database;
    }

    private void run() throws InterruptedException {
        orders.subscribe(List.of("orders"));
        LOG.info("Subscribed to topic orders as group {}", GROUP);
        try {
            while (true) {
                for (ConsumerRecord<String, String> record : orders.poll(Duration.ofMillis(500))) {
                    handle(record);
                }
                orders.commitAsync();
            }
        } catch (WakeupException expected) {
            LOG.info("Consumer of group {} woken up, closing", GROUP);
        } finally {
            orders.close();
            events.close();
            LOG.info("Shipping service stopped");
        }
    }

    private void handle(ConsumerRecord<String, String> record) throws InterruptedException {
        LOG.debug("Received record partition={} offset={} key={}", record.partition(), record.offset(), record.key());
        try {
            JsonNode order = JSON.readTree(record.value());
            ship(order.required("order").asLong(), order.required("items").asInt());
        } catch (JsonProcessingException | IllegalArgumentException error) {
            LOG.error("Cannot read record at orders-{}@{}, sending it to the dead letters",
                record.partition(), record.offset(), error);
            tell("orders.dead", record.key(), record.value());
        } catch (SQLException error) {
            if ("23505".equals(error.getSQLState())) {
                LOG.warn("Order {} was shipped before, ignoring the redelivered record", record.key());
            } else {
                LOG.error("Order {} not shipped: {}", record.key(), error.getMessage(), error);
            }
        }
    }

    private void ship(long order, int items) throws SQLException, InterruptedException {
        if (items > 6) {
            LOG.info("Order {} is split into {} parcels", order, (items + 5) / 6);
        }
        String name = carrier.name();
        for (int attempt = 1; attempt <= 3; attempt++) {
            try {
                String tracking = carrier.book(order, name);
                save(order, name, tracking);
                parcels.merge(name, 1, Integer::sum);
                tell("shipments", Long.toString(order),
                    JSON.createObjectNode().put("order", order).put("tracking", tracking).toString());
                LOG.info("Order {} handed to {} with tracking number {}", order, name, tracking);
                return;
            } catch (IOException error) {
                LOG.warn("Booking of order {} with {} failed (attempt {} of 3)", order, name, attempt, error);
                Thread.sleep(50L * attempt);
            }
        }
        LOG.error("Order {} could not be booked with any attempt at {}; an operator must look at it", order, name);
    }

    private void save(long order, String name, String tracking) throws SQLException {
        try (PreparedStatement insert = database().prepareStatement(
                "INSERT INTO shipments (order_id, carrier, tracking, state) VALUES (?, ?, ?, 'booked')")) {
            insert.setLong(1, order);
            insert.setString(2, name);
            insert.setString(3, tracking);
            insert.executeUpdate();
        }
    }

    private void tell(String topic, String key, String value) {
        events.send(new ProducerRecord<>(topic, key, value), (metadata, error) -> {
            if (error == null) {
                LOG.debug("Published to {}-{}@{}", metadata.topic(), metadata.partition(), metadata.offset());
            } else {
                LOG.error("Publishing to topic {} failed", topic, error);
            }
        });
    }

    private synchronized void closeManifests() {
        if (parcels.isEmpty()) {
            LOG.info("No parcels since the last manifest");
            return;
        }
        parcels.forEach((name, number) -> LOG.info("Manifest of {} closed: {} parcels, pick-up at {}:00", name, number, 17));
        parcels.clear();
    }

    private void serve(int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/actuator/health", exchange -> {
            LOG.debug("Health check: UP");
            answer(exchange, 200, "{\"status\":\"UP\"}");
        });
        server.createContext("/shipments/", exchange -> {
            String order = exchange.getRequestURI().getPath().replaceFirst(".*/", "");
            try (Connection own = DriverManager.getConnection(dsn);
                    PreparedStatement select = own.prepareStatement("SELECT carrier, state FROM shipments WHERE order_id = ?")) {
                select.setLong(1, Long.parseLong(order));
                ResultSet rows = select.executeQuery();
                if (rows.next()) {
                    answer(exchange, 200, JSON.createObjectNode().put("carrier", rows.getString(1)).put("state", rows.getString(2)).toString());
                } else {
                    LOG.info("No shipment for order {} yet", order);
                    answer(exchange, 404, "{}");
                }
            } catch (SQLException error) {
                LOG.error("GET /shipments/{} failed", order, error);
                answer(exchange, 500, "{}");
            }
        });
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        LOG.info("HTTP server listens on port {}", port);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    public static void main(String[] arguments) throws Exception {
        LOG.info("Starting shipping service 3.4.1 using Java {}", System.getProperty("java.version"));
        Shipping shipping = new Shipping("127.0.0.1:" + System.getenv("KAFKA_PORT"), System.getenv("SHIPPING_DSN"));
        ScheduledExecutorService schedule = Executors.newSingleThreadScheduledExecutor();
        schedule.scheduleAtFixedRate(shipping::closeManifests, 15, 15, TimeUnit.SECONDS);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            LOG.info("Shutdown requested");
            schedule.shutdownNow();
            shipping.orders.wakeup();
            try {
                main.join(5000);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
        }, "shutdown"));
        shipping.serve(Integer.parseInt(System.getenv("SHIPPING_PORT")));
        shipping.run();
        System.exit(0);
    }
}
