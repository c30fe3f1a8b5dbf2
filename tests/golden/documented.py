"""Lines of software that is not run here, written down in the form that its documentation gives them.

Envoy: the default format string of its access log. .NET: frames as `Exception.StackTrace` and `ToString` have them.
"""

from __future__ import annotations

ENVOY = (
    '[{start}] "{method} {path} HTTP/1.1" {code} {flags} {received} {sent} {took} {upstream} "{forwarded}" "{agent}" '
    '"{request_id}" "{authority}" "{host}"'
)
"""`[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS%
%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%"
"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"`"""


def envoy() -> list[str]:
    requests = (
        ("POST", "/orders", 201, "-", 154, 87, 23, "22", "okhttp/4.12.0", "10.0.3.17:8080"),
        ("GET", "/orders/17?full=1", 200, "-", 0, 3211, 4, "3", "Mozilla/5.0 (X11; Linux x86_64)", "10.0.3.18:8080"),
        ("GET", "/orders/42", 503, "UF,URX", 0, 91, 250, "-", "okhttp/4.12.0", "10.0.3.17:8080"),
        ("GET", "/nowhere", 404, "NR", 0, 0, 0, "-", "curl/8.5.0", "-"),
        ("GET", "/healthz", 200, "-", 0, 2, 1, "0", "kube-probe/1.31", "10.0.3.17:8080"),
    )
    return [
        ENVOY.format(
            start=f"2026-11-22T08:58:{second:02}.{second * 37:03}Z",
            method=method,
            path=path,
            code=code,
            flags=flags,
            received=received,
            sent=sent,
            took=took,
            upstream=upstream,
            forwarded="-",
            agent=agent,
            request_id=f"9f4c1d2e-0b7a-4c55-8d3e-1a2b3c4d5e{second:02}",
            authority="shop.example",
            host=host,
        )
        for second, (method, path, code, flags, received, sent, took, upstream, agent, host) in enumerate(requests, 5)
    ]


def dotnet(order: int, line: int) -> str:
    """An unhandled exception with the one that caused it, as `ToString` writes them."""
    return f"""\
Unhandled exception. System.InvalidOperationException: settlement {order} failed
 ---> System.IO.IOException: connection to bank-3 reset
   at Shop.Payments.Bank.ConnectAsync(String host, Int32 depth) in /src/Payments/Bank.cs:line {line}
   at Shop.Payments.Card.<ChargeAsync>d__{line % 10}.MoveNext() in /src/Payments/Card.cs:line {line + 9}
--- End of stack trace from previous location ---
   at System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(Task task)
   --- End of inner exception stack trace ---
   at Shop.Payments.Settlement.Settle(Int32 order) in /src/Payments/Settlement.cs:line {line + 30}
   at Shop.Payments.Settlement.<>c__DisplayClass{line % 10}_0.<Run>b__0(Order order) in /src/Payments/Run.cs:line {line}
   at Shop.Program.Main(String[] args)"""


def lines() -> list[str]:
    return [*envoy(), dotnet(17, 41), dotnet(42, 57)]
