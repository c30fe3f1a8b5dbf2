"""Tokens and keys that name themselves: a vendor's prefix, a PEM header, the first bytes of a JSON object in base64.

Prefixes are the vendors' own, published so that scanners find them. A token that was cut off is still one: lengths are
lower bounds, far below the true ones where the prefix is rare.
"""

from __future__ import annotations

from sluice.classify.redaction.form import Form

_WEBHOOKS = (
    r"hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/|"
    r"\.webhook\.office\.com/webhookb2/|hooks\.zapier\.com/hooks/catch/"
)

TOKENS = (
    Form("private_key", r"-----BEGIN[A-Z0-9 ]{0,40}-----(?s:.*?)(?:-----END[A-Z0-9 ]{0,40}-----|\z)"),
    Form("private_key", r"PuTTY-User-Key-File-\d(?s:.*?)(?:Private-MAC: [0-9a-f]+|\z)"),
    Form("private_key", r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    Form(
        "ssh_key", r"\b(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d{3}|sk-\w{5,10}@openssh\.com) (AAAA[\w+/]{16,}=*)"
    ),
    Form("jwt", r"\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}"),
    Form("jwt", r"\beyJ[\w+/-]{40,}=*"),
    Form("aws_key", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA|AIPA|ANPA|ANVA)[A-Z0-9]{16}\b"),
    Form("aws_key", r"\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[\w+/%-]{20,}=*"),
    Form("google_key", r"\bAIza[\w-]{30,}"),
    Form("google_key", r"\b(?:ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|1//0[\w-]{30,}|AAAA[\w-]{7}:[\w-]{100,})"),
    Form("google_key", r"\b[\w-]{10,64}\.apps\.googleusercontent\.com\b"),
    Form("azure_key", r"\b(?:[\w~.-]{3}[78]Q~[\w~.-]{30,}|[A-Za-z0-9+/]{76,88}AStA{2,}[\w+/]*={0,2})"),
    Form("azure_key", r"(?i)\b(?:account|sharedaccess)key=([\w+/%-]{40,}=*)"),
    Form("github_token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})"),
    Form(
        "gitlab_token",
        r"\b(?:gl(?:pat|dt|rt|ptt|oas|cbt|agent|imt|soat|ffct|ft|pst|as)-[\w.-]{16,}|GR1348941[\w-]{16,})",
    ),
    Form("bitbucket_token", r"\b(?:ATBB|ATCTT3x|ATATT3x)[\w=-]{24,}"),
    Form("slack_token", r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{10,}|\bxapp-\d-[\w-]{10,}"),
    Form("webhook", rf"(?:{_WEBHOOKS})([\w/@.-]{{10,}})"),
    Form("discord_token", r"\b[MNO][\w-]{22,26}\.[\w-]{6}\.[\w-]{27,}"),
    Form("telegram_token", r"\b(?:bot)?\d{8,10}:AA[\w-]{30,}"),
    Form("stripe_key", r"\b(?:[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[\w+/-]{16,}=*)"),
    Form("square_token", r"\b(?:sq0(?:atp|csp|idp)-[\w-]{20,}|EAAA[\w-]{56,})"),
    Form("shopify_token", r"\bshp(?:at|ca|pa|ss|tka)_[A-Fa-f0-9]{24,}"),
    Form("paypal_token", r"\baccess_token\$(?:production|sandbox)\$[\w$]{16,}"),
    Form("razorpay_key", r"\brzp_(?:live|test)_\w{10,}"),
    Form(
        "api_key",
        r"\b(?:sk-[\w-]{20,}|gsk_\w{20,}|xai-\w{20,}|pplx-\w{20,}|r8_\w{20,}|hf_[A-Za-z0-9]{20,}|AQ\.A[\w-]{30,})",
    ),
    Form("npm_token", r"\bnpm_[A-Za-z0-9]{20,}"),
    Form("npm_token", r":_(?:authToken|auth|password)\s?=\s?\"?([^\s\"<>${}]{6,})"),
    Form("pypi_token", r"\bpypi-[\w-]{16,}"),
    Form("rubygems_key", r"\brubygems_[a-f0-9]{20,}"),
    Form("cargo_token", r"\bcio[A-Za-z0-9]{32}\b"),
    Form("docker_token", r"\bdckr_(?:pat|oat)_[\w-]{20,}"),
    Form("sendgrid_key", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    Form("twilio_key", r"\b(?:SK|AC)[a-f0-9]{32}\b"),
    Form("mailgun_key", r"\b(?:key|pubkey)-[a-f0-9]{32}\b"),
    Form("mailchimp_key", r"\b[a-f0-9]{32}-us\d{1,2}\b"),
    Form("newrelic_key", r"\b(?:NRAK|NRJS|NRIQ|NRII|NRAA|NRBR)-[\w-]{16,}|\b[a-f0-9]{36}NRAL\b"),
    Form("datadog_key", r"\b(?:ddapp|ddapi|ddpat)_[A-Za-z0-9]{20,}|\bpub[a-f0-9]{32}\b"),
    Form("grafana_token", r"\bgl(?:sa|c)_[\w+/-]{20,}=*"),
    Form("dynatrace_token", r"\bdt0[a-z]\d\d\.[A-Z0-9]{16,}(?:\.[A-Z0-9]+)?"),
    Form("sentry_token", r"\bsntry[su]_[\w+/=-]{20,}"),
    Form("sentry_token", r"://([a-f0-9]{32})@[\w.-]{0,60}\bingest\b"),
    Form("vault_token", r"\bhv[sbr]\.[\w-]{16,}"),
    Form("terraform_token", r"\b[A-Za-z0-9]{10,20}\.atlasv1\.[\w=-]{30,}"),
    Form("pulumi_token", r"\bpul-[a-f0-9]{32,}"),
    Form("databricks_token", r"\bdapi[a-f0-9]{32}(?:-\d)?\b"),
    Form("digitalocean_token", r"\bdo[opr]_v1_[a-f0-9]{32,}"),
    Form("heroku_key", r"\bHRKU-[\w-]{20,}"),
    Form("cloudflare_key", r"\bv1\.0-[a-f0-9]{20,}-[a-f0-9]{40,}"),
    Form("tailscale_key", r"\btskey-[a-z]{2,12}-[\w-]{16,}"),
    Form("doppler_token", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{20,}"),
    Form("onepassword_token", r"\bops_eyJ[\w-]{20,}|\bA3-[A-Z0-9]{6}-[A-Z0-9]{6,}(?:-[A-Z0-9]{5}){3,4}"),
    Form("postman_key", r"\bPMA[KT]-[a-f0-9]{20,}(?:-[a-f0-9]{20,})?"),
    Form("planetscale_token", r"\bpscale_(?:tkn|pw|oauth|otkn)_[\w.=-]{20,}"),
    Form("supabase_key", r"\bsb(?:p|_secret|_publishable)_[\w-]{20,}"),
    Form("notion_token", r"\b(?:ntn_|secret_)[A-Za-z0-9]{30,}"),
    Form("linear_key", r"\blin_(?:api|oauth)_[A-Za-z0-9]{20,}"),
    Form("figma_token", r"\bfig[duo]r?_[\w-]{20,}"),
    Form("airtable_token", r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{40,}"),
    Form("hubspot_token", r"\bpat-(?:na|eu)\d-[a-f0-9-]{30,}"),
    Form("facebook_token", r"\bEAA[A-Z][A-Za-z0-9]{40,}"),
    Form("mapbox_token", r"\b[sp]k\.eyJ[\w-]{20,}(?:\.[\w-]+)?"),
    Form("intra42_token", r"\bs-s4t2(?:ud|af)-[a-f0-9]{40,}"),
    Form("easypost_key", r"\bEZ[AT]K[a-z0-9]{40,}"),
    Form("launchdarkly_key", r"\b(?:sdk|api|mob)-[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[a-f0-9]{4}-[a-f0-9]{12}\b"),
    Form(
        "password_hash",
        r"\$(?:2[abxy]\$\d\d\$[./A-Za-z0-9]{20,}|argon2i?d?\$[\w$=,+/]{20,}|(?:[156y7]|apr1)\$[./\w$=]{20,})",
    ),
)
