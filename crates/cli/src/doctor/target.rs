//! Who is to be looked at: HOST:PORT, and the addresses behind it.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

/// HOST:PORT as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// One address of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// HOST:PORT.
    pub(crate) target: String,
    pub(crate) address: SocketAddr,
    /// For server_name; none for an address literal.
    pub(crate) name: Option<String>,
}

/// An address to use in place of the name's own, with a port or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    ip: IpAddr,
    port: Option<u16>,
}

impl std::str::FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "not HOST, HOST:PORT or [ADDRESS]:PORT";
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self::new(text, 443));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| WRONG)?),
            None => (text, 443),
        };
        let host = host
            .strip_prefix('[')
            .map_or(Some(host), |host| host.strip_suffix(']'))
            .ok_or(WRONG)?;
        if host.is_empty() || host.contains(['/', '[', ']']) || port == 0 {
            return Err(WRONG);
        }
        Ok(Self::new(host, port))
    }
}

impl std::str::FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(ip) = text.parse() {
            return Ok(Self { ip, port: None });
        }
        let address: SocketAddr = text.parse().map_err(|_| "not an IP address, with :PORT or without")?;
        Ok(Self {
            ip: address.ip(),
            port: Some(address.port()),
        })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Target {
    fn new(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
        }
    }

    /// Its addresses in ascending order, each once; `instead`, in the order given, if there are any.
    pub(crate) fn endpoints(&self, instead: &[Address], sni: Option<&str>) -> std::io::Result<Vec<Endpoint>> {
        let addresses = if instead.is_empty() {
            let mut found: Vec<SocketAddr> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
            found.sort();
            found
        } else {
            let with_port = |address: &Address| SocketAddr::new(address.ip, address.port.unwrap_or(self.port));
            instead.iter().map(with_port).collect()
        };
        // With a zone, an address is none to the parser; no name has a colon in it.
        let is_literal = self.host.contains(':') || self.host.parse::<IpAddr>().is_ok();
        let name = sni.or((!is_literal).then_some(self.host.as_str()));
        let mut endpoints: Vec<Endpoint> = Vec::new();
        for address in addresses {
            if !endpoints.iter().any(|known| known.address == address) {
                endpoints.push(Endpoint {
                    target: self.to_string(),
                    address,
                    name: name.map(str::to_owned),
                });
            }
        }
        Ok(endpoints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, u16)> {
        text.parse::<Target>().ok().map(|target| (target.host, target.port))
    }

    #[test]
    fn hosts_and_ports() {
        for (text, host, port) in [
            ("example.org", "example.org", 443),
            ("example.org:8443", "example.org", 8443),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:8443", "::1", 8443),
            ("::1", "::1", 443),
        ] {
            assert_eq!(read(text), Some((host.to_owned(), port)), "{text}");
        }
        for wrong in [
            "",
            ":443",
            "a:b",
            "a:70000",
            "a:0",
            "[::1",
            "[::1:443",
            "https://a/",
            "https://a:443",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn addresses_instead_of_the_names_own() {
        let target: Target = "example.org:8443".parse().unwrap();
        let instead: Vec<Address> = ["127.0.0.2", "127.0.0.1:99", "127.0.0.2:8443"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        let endpoints = target.endpoints(&instead, None).unwrap();
        let shown: Vec<String> = endpoints.iter().map(|found| found.address.to_string()).collect();
        assert_eq!(shown, ["127.0.0.2:8443", "127.0.0.1:99"]);
        assert!(
            endpoints
                .iter()
                .all(|found| found.name.as_deref() == Some("example.org"))
        );
    }

    #[test]
    fn a_literal_is_no_server_name() {
        let target: Target = "[::1]:8443".parse().unwrap();
        let endpoints = target.endpoints(&[], None).unwrap();
        assert_eq!(
            (endpoints[0].name.as_deref(), endpoints[0].target.as_str()),
            (None, "[::1]:8443")
        );
        let zoned: Target = "[fe80::1%eth0]:8443".parse().unwrap();
        let instead = ["fe80::1".parse().unwrap()];
        assert_eq!(zoned.endpoints(&instead, None).unwrap()[0].name, None);
        let named = target.endpoints(&[], Some("a.example")).unwrap();
        assert_eq!(named[0].name.as_deref(), Some("a.example"));
    }
}
