"""Writes `recorded.jsonl` anew: what loggers, runtimes and web servers print, by running them.

    python tests/golden/record.py

Go, Java 17, Node with npm, nginx, HAProxy, Squid and Apache's httpd (`apache2` or `httpd`, or the variable APACHE; its
modules in APACHE_MODULES) are taken from the PATH; structlog and the packages of `programs` come from the registries.
Everything runs in a folder of its own below the system's temporary one, whose name says nothing of the machine. Lines
of Envoy and .NET, which are not run, are those of `documented.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from golden import documented
from golden.test_lines import RECORDED_PATH, mined

PROGRAMS = Path(__file__).parent / "programs"
FOLDER = Path(tempfile.gettempdir(), f"pay-{os.getpid()}")
END = "\f"
PORTS = {"nginx": 18491, "apache": 18492, "haproxy": 18493, "squid": 18494}
REQUESTS = (
    ("GET", "/", "curl/8.5.0"),
    ("GET", "/orders/17?full=1", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"),
    ("POST", "/orders", "okhttp/4.12.0"),
    ("GET", "/healthz", "kube-probe/1.31"),
    ("GET", "/metrics", "Prometheus/2.55.0"),
)
NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error;
events {{}}
http {{
  log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" "$http_x_forwarded_for" rt=$request_time ut=$upstream_response_time';
  log_format json escape=json '{{"time":"$time_iso8601","request":"$request","status":$status,"took":$request_time}}';
  access_log {folder}/nginx.combined combined;
  access_log {folder}/nginx.main main;
  access_log {folder}/nginx.json json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    location = /healthz {{ return 200 "ok"; }}
    location /orders {{ proxy_pass http://127.0.0.1:1; }}
  }}
}}
"""
APACHE = """\
ServerName shop.example
ServerRoot {folder}
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
{modules}
User nobody
Group nogroup
DocumentRoot {folder}/www
ErrorLog {folder}/apache.error
LogLevel info
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" vhost_combined
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog {folder}/apache.vhost_combined vhost_combined
CustomLog {folder}/apache.common common
<Directory {folder}/www>
  Require all granted
</Directory>
"""
APACHE_MODULES = ("mpm_event", "authz_core")
HAPROXY = """\
global
  log stdout format raw local0 info
defaults
  mode http
  log global
  option httplog
  timeout connect 2s
  timeout client 2s
  timeout server 2s
frontend edge
  bind 127.0.0.1:{port}
  http-request deny if {{ path /metrics }}
  use_backend orders if {{ path_beg /orders }}
  default_backend site
backend site
  server web-1 127.0.0.1:{site}
backend orders
  server orders-1 127.0.0.1:1
"""
SQUID = """\
http_port 127.0.0.1:{port}
visible_hostname edge.shop.example
pid_filename {folder}/squid.pid
cache_log {folder}/squid.cache
access_log stdio:{folder}/squid.access squid
acl secret urlpath_regex ^/metrics
http_access deny secret
http_access allow all
"""
_NGINX_CONF = FOLDER / "nginx.conf"
_NGINX = ["nginx", "-c", str(_NGINX_CONF)]


def ran(*command: str, **environment: str) -> list[str]:
    """The records that a program printed, whatever its exit status."""
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return [record.strip("\n") for record in done.stdout.split(END) if record.strip()]


def go() -> list[str]:
    subprocess.run(["go", "mod", "tidy"], cwd=FOLDER, check=True, capture_output=True)
    subprocess.run(["go", "build", "-o", "pay", "."], cwd=FOLDER, check=True)
    return ran("./pay")


def node() -> list[str]:
    subprocess.run(["npm", "install", "--silent"], cwd=FOLDER, check=True)
    return ran("node", "pay.js", NO_COLOR="1")


def python() -> list[str]:
    subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=FOLDER, check=True)
    subprocess.run(["venv/bin/pip", "install", "-q", "structlog==25.1.0"], cwd=FOLDER, check=True)
    return ran("venv/bin/python", "pay.py")


def nginx() -> list[str]:
    _NGINX_CONF.write_text(NGINX.format(folder=FOLDER, port=PORTS["nginx"]))
    with _serving(_NGINX, PORTS["nginx"]):
        _ask(PORTS["nginx"])
    return _written("nginx.combined", "nginx.main", "nginx.json", "nginx.error")


def apache() -> list[str]:
    binary = os.environ.get("APACHE") or shutil.which("apache2") or shutil.which("httpd")
    if binary is None:
        raise SystemExit("no apache2 or httpd on the PATH: name it in APACHE")
    modules = Path(os.environ.get("APACHE_MODULES", "/usr/lib/apache2/modules"))
    loads = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in APACHE_MODULES)
    settings = FOLDER / "apache.conf"
    settings.write_text(APACHE.format(folder=FOLDER, port=PORTS["apache"], modules=loads))
    with _serving([binary, "-DFOREGROUND", "-f", str(settings)], PORTS["apache"]):
        _ask(PORTS["apache"])
    return _written("apache.vhost_combined", "apache.common", "apache.error")


def haproxy() -> list[str]:
    settings = FOLDER / "haproxy.conf"
    settings.write_text(HAPROXY.format(port=PORTS["haproxy"], site=PORTS["nginx"]))
    with _serving(_NGINX, PORTS["nginx"]), _serving(["haproxy", "-f", str(settings)], PORTS["haproxy"], "haproxy.log"):
        _ask(PORTS["haproxy"])
    return _written("haproxy.log")


def squid() -> list[str]:
    settings = FOLDER / "squid.conf"
    settings.write_text(SQUID.format(folder=FOLDER, port=PORTS["squid"]))
    FOLDER.chmod(0o777)  # It gives up its rights before it opens its logs.
    with _serving(_NGINX, PORTS["nginx"]), _serving(["squid", "-N", "-f", str(settings)], PORTS["squid"]):
        _ask(PORTS["nginx"], through=PORTS["squid"])
        _ask(1, through=PORTS["squid"])
    return _written("squid.access")


@contextmanager
def _serving(command: list[str], port: int, output: str = os.devnull) -> Iterator[None]:
    # Apache logs its command as it was called.
    called = [Path(command[0]).name, *command[1:]]
    executable = shutil.which(command[0])
    with (
        (FOLDER / output).open("wb") as stdout,
        subprocess.Popen(called, executable=executable, stdout=stdout, stderr=subprocess.DEVNULL) as process,
    ):
        try:
            deadline = time.monotonic() + 20
            while not _answers(port, "GET", "/", "curl/8.5.0"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} does not serve")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _ask(port: int, through: int | None = None) -> None:
    for method, path, agent in REQUESTS:
        _answers(port, method, path, agent, through)


def _answers(port: int, method: str, path: str, agent: str, through: int | None = None) -> bool:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, headers={"User-Agent": agent})
    if through is not None:
        request.set_proxy(f"127.0.0.1:{through}", "http")
    try:
        urllib.request.urlopen(request, timeout=5).read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _written(*names: str) -> list[str]:
    return [line for name in names for line in (FOLDER / name).read_text().splitlines() if line]


def main() -> None:
    shutil.copytree(PROGRAMS, FOLDER)
    (FOLDER / "www").mkdir()
    (FOLDER / "www" / "index.html").write_text("a shop")
    servers = [*nginx(), *apache(), *haproxy(), *squid()]
    lines = [*go(), *ran("java", "Pay.java"), *node(), *python(), *servers, *documented.lines()]
    RECORDED_PATH.write_bytes(msgspec.json.Encoder().encode_lines(map(mined, lines)))
    print(f"{len(lines)} records")
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
