"""What runs while the shop is recorded, each program by its name: command, environment, port."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PORTS = {
    "OTLP_PORT": 14317,
    "RECORDER_PORT": 14319,
    "ARCHIVE_PORT": 14321,  # where nobody listens
    "PROXY_PORT": 18000,
    "SHOP_PORT": 18080,
    "PAYMENTS_PORT": 18081,
    "SHIPPING_PORT": 18082,
    "REDIS_PORT": 16379,
    "POSTGRES_PORT": 15432,
    "KAFKA_PORT": 19092,
}
COLLECTORS = {"recorder": "RECORDER_PORT", "otelcol": "OTLP_PORT"}
SERVERS = {
    "redis": "REDIS_PORT",
    "postgresql": "POSTGRES_PORT",
    "kafka": "KAFKA_PORT",
    "payments": "PAYMENTS_PORT",
    "shipping": "SHIPPING_PORT",
    "shop": "SHOP_PORT",
    "nginx": "PROXY_PORT",
}
"""In the order in which they start."""
PYTHON_SERVICES = {"shop": "shop.web", "payments": "shop.payments", "worker": "shop.worker"}
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "port": PORTS["POSTGRES_PORT"],
    "lc_messages": "C",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_statement": "mod",
    "log_min_duration_statement": "60ms",
    "log_checkpoints": "on",
    "checkpoint_timeout": "30s",
    "log_autovacuum_min_duration": "0",
    "autovacuum_naptime": "10s",
    "log_lock_waits": "on",
}


class Programs:
    """All that runs; `stop_all` ends it in the reverse order of its starts."""

    def __init__(self, home: Path, otelcol: Path) -> None:
        self._home = home
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._postgres = Path(max(glob.glob("/usr/lib/postgresql/*/bin"), default="/usr/bin"))
        redis = f"--port {PORTS['REDIS_PORT']} --bind 127.0.0.1 --dir {home}/redis --logfile {home}/log/redis.log"
        settings = [f"--{key}={value}" for key, value in POSTGRES_SETTINGS.items()]
        postgres = [self._postgres / "postgres", "-D", home / "postgres", "-k", "", *settings]
        python = home / "venv/bin/python"
        self._commands: dict[str, list[str | Path]] = {
            "recorder": [otelcol, "--config", HERE / "collector.yaml"],
            "otelcol": [otelcol, "--config", HERE / "agent.yaml"],
            "redis": ["redis-server", *redis.split(), "--loglevel", "verbose", "--save", "20 10"],
            "postgresql": [*self._as_postgres(), *postgres],
            "kafka": [*self._java(instrumented=True), "kafka.Kafka", home / "kafka.properties"],
            "shipping": [*self._java(instrumented=True), "shop.Shipping"],
            "nginx": ["nginx", "-p", home, "-c", HERE / "nginx.conf", "-e", "log/nginx-error.log"],
            "topics": [python, "-m", "shop.topics"],
            "load": [python, "-m", "shop.load"],
        }
        for name, module in PYTHON_SERVICES.items():
            self._commands[name] = [home / "venv/bin/opentelemetry-instrument", python, "-m", module]

    def prepare(self) -> None:
        if self._home.exists() and any(self._home.iterdir()) and not (self._home / "shop.json").exists():
            raise SystemExit(f"--home {self._home} is neither empty nor from an earlier recording: name another folder")
        shutil.rmtree(self._home, ignore_errors=True)
        for folder in ("log", "redis", "tmp", "static", "postgres", "classes"):
            (self._home / folder).mkdir(parents=True)
        shutil.copytree(HERE / "shop", self._home / "shop", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("shop.json", "kafka.properties", "log4j2.xml"):
            shutil.copy(HERE / name, self._home)
        for name in ("app.js", "app.css", "logo.svg"):
            (self._home / "static" / name).write_text(f"/* {name} */\n" * 40)
        self._prepare_python()
        self._prepare_java()
        if os.getuid() == 0:
            shutil.chown(self._home / "postgres", "postgres")
            self._home.chmod(0o755)
        initdb = [*self._as_postgres(), self._postgres / "initdb", "-D", self._home / "postgres", "-U", "payments",
                  "--locale=C", "--encoding=UTF8", "--auth=trust", "--no-sync"]  # fmt: skip
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def _prepare_python(self) -> None:
        subprocess.run(["/usr/bin/python3", "-m", "venv", self._home / "venv"], check=True)
        pip = [self._home / "venv/bin/pip", "install", "--quiet", "-r", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)

    def _prepare_java(self) -> None:
        """The jars by Maven; the agent apart from them, as the class path takes all that is in `jars`."""
        jars = self._home / "jars"
        maven = ["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime",
                 f"-DoutputDirectory={jars}"]  # fmt: skip
        subprocess.run(maven, check=True)
        next(jars.glob("opentelemetry-javaagent-*.jar")).rename(self._home / "agent.jar")
        sources = ["-d", self._home / "classes", self._home / "shop" / "Shipping.java"]
        subprocess.run(["javac", "-cp", f"{jars}/*", *sources], check=True)
        tool = ["kafka.tools.StorageTool", "format", "--standalone", "-t", "c2hvcC1pbi1hLWNsdXN0ZQ"]
        subprocess.run([*self._java(instrumented=False), *tool, "-c", self._home / "kafka.properties"],
                       check=True, stdout=subprocess.DEVNULL, cwd=self._home)  # fmt: skip

    def start(self, name: str, *more: str) -> None:
        output = (self._home / "log" / ("postgresql.log" if name == "postgresql" else f"{name}.out")).open("ab")
        with output:
            self._running[name] = subprocess.Popen(
                [*self._commands[name], *more],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=self._home,
                env=self._environment(name),
            )

    def wait(self, name: str, port: str | None = None) -> None:
        """Until the port answers; without one, until the process has ended."""
        if port is None:
            if self._running.pop(name).wait() != 0:
                raise SystemExit(f"{name} failed: see {self._home}/log/{name}.out")
            return
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._running[name].poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", PORTS[port]), timeout=1):
                return
            time.sleep(0.1)
        raise SystemExit(f"{name} does not answer on port {PORTS[port]}: see {self._home}/log")

    def send(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        """Answers the exit status."""
        process = self._running.pop(name)
        # PostgreSQL: SIGINT is its fast shutdown, SIGTERM waits for the clients.
        process.send_signal(signal.SIGINT if name == "postgresql" else number)
        return process.wait(timeout=60)

    def stop_all(self) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def _java(self, *, instrumented: bool) -> list[str | Path]:
        """A small heap, and one compiler tier: the JVM warms up while it is recorded."""
        agent = [f"-javaagent:{self._home}/agent.jar"] if instrumented else []
        layout = f"-Dlog4j2.configurationFile={self._home}/log4j2.xml"
        return ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", *agent, layout,
                "-cp", f"{self._home}/classes:{self._home}/jars/*"]  # fmt: skip

    def _as_postgres(self) -> list[str]:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []

    def _environment(self, name: str) -> dict[str, str]:
        """Nothing of the environment here but the path: a program sees only what is meant for it."""
        environment = {
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
            "SHOP_HOME": str(self._home),
            "SHOP_URL": f"http://127.0.0.1:{PORTS['SHOP_PORT']}",
            "PROXY_URL": f"http://127.0.0.1:{PORTS['PROXY_PORT']}",
            "PAYMENTS_URL": f"http://127.0.0.1:{PORTS['PAYMENTS_PORT']}",
            "SHIPPING_URL": f"http://127.0.0.1:{PORTS['SHIPPING_PORT']}",
            "PAYMENTS_DSN": f"host=127.0.0.1 port={PORTS['POSTGRES_PORT']} user=payments dbname=postgres",
            "SHIPPING_DSN": f"jdbc:postgresql://127.0.0.1:{PORTS['POSTGRES_PORT']}/postgres?user=payments",
            **{key: str(port) for key, port in PORTS.items()},
        }
        if name in (*PYTHON_SERVICES, "kafka", "shipping"):
            version, host = ("4.3.1", "shop-data") if name == "kafka" else ("2.14.0", "shop-app")
            environment |= {
                "OTEL_SERVICE_NAME": name,
                "OTEL_RESOURCE_ATTRIBUTES": f"service.namespace=shop,service.version={version},host.name={host},"
                f"service.instance.id={name}-1,deployment.environment.name=staging",
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{PORTS['OTLP_PORT']}",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_METRIC_EXPORT_INTERVAL": "3000",
                "OTEL_PYTHON_LOG_CODE_ATTRIBUTES": "true",
                # What the machine does (its disks, its network cards) is not the shop's telemetry.
                "OTEL_PYTHON_SYSTEM_METRICS_EXCLUDED_METRICS": "system.*,process.runtime.*",
                "OTEL_JAVA_DISABLED_RESOURCE_PROVIDERS": ",".join(
                    f"io.opentelemetry.instrumentation.resources.{kind}ResourceProvider"
                    for kind in ("Host", "HostId", "Os")
                ),
                "OTEL_INSTRUMENTATION_LOG4J_APPENDER_EXPERIMENTAL_LOG_ATTRIBUTES": "true",
                "CLIENT_LEVEL": "debug",
            }
        if name == "kafka":
            # Its log comes from its own output, as operators read it.
            environment |= {
                "OTEL_LOGS_EXPORTER": "none",
                "OTEL_TRACES_EXPORTER": "none",
                "OTEL_JMX_TARGET_SYSTEM": "kafka-broker",
            }
        return environment
