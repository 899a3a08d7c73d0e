"""Which URLs are taken, and which addresses are public: what does not lead to one host of the internet is refused."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from runsheet.runtime.settings import settings
from runsheet.webhook_endpoints import urls
from runsheet.webhook_endpoints.addresses import is_public

pytestmark = pytest.mark.usefixtures("aws")

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing binds to it
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",  # carrier-grade NAT
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",  # instance metadata
    "169.254.170.2",  # task credentials
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.9",
    "192.88.99.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "224.0.1.1",  # multicast that ipaddress calls global
    "233.252.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",  # mapped: an IPv4 address in disguise, public or not
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:1::1",
    "2001:20::1",
    "3fff::1",
    "2001:0:53aa:64c:0:fbfe:5601:5601",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:808:808::1",
    "fc00::1",
    "fd00:ec2::254",  # instance metadata
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_of_a_host_of_the_internet(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "223.255.255.254",
        "2606:4700:4700::1111",
        "2a00:1450:4001:830::200e",
        "2600:1f18::1",
    ],
)
def test_an_address_of_a_host_of_the_internet(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", (True, "example.com", 443, "/")),
        ("https://EXAMPLE.com/Hook?a=b&c", (True, "example.com", 443, "/Hook?a=b&c")),
        ("https://a-b.xn--bcher-kva.example:8443/x", (True, "a-b.xn--bcher-kva.example", 8443, "/x")),
        ("HTTPS://example.com?x", (True, "example.com", 443, "/?x")),
        ("https://8.8.8.8/x", (True, "8.8.8.8", 443, "/x")),
        ("https://[2606:4700:4700::1111]:444/", (True, "2606:4700:4700::1111", 444, "/")),
        ("https://1.example.com/", (True, "1.example.com", 443, "/")),
    ],
)
def test_a_url_leads_where_it_says(url: str, expected: tuple[bool, str, int, str]) -> None:
    assert urls.target(url) == expected


REFUSED = [
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "//example.com/",
    "example.com",
    "https://",
    "https:///path",
    "https:example.com",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:x/",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://example.com@127.0.0.1/",
    "https://@example.com/",
    "https://example.com#@127.0.0.1/",
    "https://example.com/#fragment",
    "https://example.com\\@127.0.0.1/",
    "https://exa mple.com/",
    "https://example.com/a b",
    "https://example.com/\r\nX-Injected: 1",
    "https://example.com/\x00",
    "https://bücher.example/",
    "https://example。com/",
    "https://example.com./",
    "https://.example.com/",
    "https://exa..mple.com/",
    "https://-a.example.com/",
    "https://exa_mple.com/",
    "https://%31%32%37.0.0.1/",
    "https://example.com%2f@x/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 127 + "com/",
    "https://example.com/" + "a" * 2048,
    "https://localhost/",
    "https://localhost.localdomain.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://intranet/",
    "https://2130706433/",
    "https://017700000001/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://1.2.3.4.5/",
    "https://example.0x/",
    "https://256.256.256.256/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://::1/",
    "https://[v1.x]/",
    "https://[127.0.0.1]/",
    *(f"https://{address}/" for address in NOT_PUBLIC if ":" not in address),
    *(f"https://[{address}]/" for address in NOT_PUBLIC if ":" in address),
]


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_is_refused(url: str) -> None:
    with pytest.raises(urls.UnusableUrl, match=r"^must ") as refused:
        urls.target(url)
    assert "secret" not in str(refused.value)


@pytest.fixture
def local(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - it undoes them
    """The local stack with its setting."""
    monkeypatch.setenv("ALLOW_LOCAL_WEBHOOKS", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    settings.cache_clear()


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/x", (False, "127.0.0.1", 8080, "/x")),
        ("http://localhost/", (False, "localhost", 80, "/")),
        ("https://[::1]/", (True, "::1", 443, "/")),
    ],
)
def test_the_local_stack_takes_http_and_addresses_of_its_machine(
    url: str, expected: tuple[bool, str, int, str]
) -> None:
    assert urls.target(url) == expected


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    "url", ["http://a@127.0.0.1/", "ftp://127.0.0.1/", "http://2130706433/", "http://a b/"]
)
def test_the_local_stack_takes_no_more_than_that(url: str) -> None:
    with pytest.raises(urls.UnusableUrl):
        urls.target(url)


def test_the_setting_alone_does_not_open_a_deployment_in_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_LOCAL_WEBHOOKS", "true")
    settings.cache_clear()
    with pytest.raises(urls.UnusableUrl):
        urls.target("http://127.0.0.1/")
