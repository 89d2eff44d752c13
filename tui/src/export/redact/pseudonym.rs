//! What stands in the place of what was taken out: made with a key, so that the same is the same, and nobody without the
//! key can try out guesses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What something is that is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An IP address.
    Address,
    /// A host name.
    Host,
    /// A user name.
    User,
    /// A password, a token, a key.
    Secret,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Address => "address",
            Kind::Host => "host",
            Kind::User => "user",
            Kind::Secret => "secret",
        }
    }
}

/// Makes pseudonyms.
#[derive(Clone, Debug)]
pub(super) struct Pseudonyms {
    key: [u8; 32],
}

impl Pseudonyms {
    pub(super) fn new(key: [u8; 32]) -> Pseudonyms {
        Pseudonyms { key }
    }

    fn hash(&self, what: &str, value: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(what.as_bytes()).update(b"\0").update(value);
        *hasher.finalize().as_bytes()
    }

    /// `secret-1f2e3d4c`.
    pub(super) fn name(&self, kind: Kind, value: &str) -> String {
        if kind == Kind::Address {
            return value.parse().map_or_else(|_| self.name(Kind::Host, value), |ip| self.ip(ip).to_string());
        }
        // Host names mean the same in any case.
        let value = if kind == Kind::Host { value.to_ascii_lowercase() } else { value.to_owned() };
        let hash = self.hash(kind.word(), value.as_bytes());
        format!("{}-{:02x}{:02x}{:02x}{:02x}", kind.word(), hash[0], hash[1], hash[2], hash[3])
    }

    pub(super) fn socket(&self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.ip(address.ip()), address.port())
    }

    /// An address of the same kind: loopback, link-local multicast and the like stay; private ones stay within their
    /// range; others become addresses that belong to nobody (240.0.0.0/4, 2001:db8::/32). Two that share a prefix share
    /// one of the same length afterwards (as in Crypto-PAn).
    pub(super) fn ip(&self, ip: IpAddr) -> IpAddr {
        match ip {
            IpAddr::V4(ip) => IpAddr::V4(self.v4(ip)),
            IpAddr::V6(ip) => IpAddr::V6(self.v6(ip)),
        }
    }

    fn v4(&self, ip: Ipv4Addr) -> Ipv4Addr {
        let octets = ip.octets();
        // The service that tells instances of clouds who they are is known by its address.
        let metadata = octets == [169, 254, 169, 254];
        if ip.is_loopback() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() || metadata {
            return ip;
        }
        let mixed = self.mixed("v4", u128::from(u32::from(ip)) << 96, 32);
        // What is left is as long as the address: the highest 32 bits.
        let mixed = u32::try_from(mixed >> 96).unwrap_or(0);
        let kept = match octets {
            [10, ..] => 8,
            [172, second, ..] if second & 0xf0 == 16 => 12,
            [192, 168, ..] | [169, 254, ..] => 16,
            [100, second, ..] if second & 0xc0 == 64 => 10,
            _ => return Ipv4Addr::from(mixed | 0xf000_0000),
        };
        let mask = u32::MAX << (32 - kept);
        Ipv4Addr::from(u32::from(ip) & mask | mixed & !mask)
    }

    fn v6(&self, ip: Ipv6Addr) -> Ipv6Addr {
        if let Some(v4) = ip.to_ipv4_mapped() {
            return self.v4(v4).to_ipv6_mapped();
        }
        if ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
            return ip;
        }
        let bits = u128::from(ip);
        let mixed = self.mixed("v6", bits, 128);
        if ip.is_unicast_link_local() {
            return Ipv6Addr::from(bits >> 64 << 64 | mixed & u128::from(u64::MAX));
        }
        if ip.is_unique_local() {
            return Ipv6Addr::from(bits >> 120 << 120 | mixed & (u128::MAX >> 8));
        }
        // The network, of 64 bits, becomes one of the 32 that documentation has.
        let network = self.hash("v6 network", &bits.to_be_bytes()[..8]);
        let network = u32::from_be_bytes([network[0], network[1], network[2], network[3]]);
        Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(network) << 64 | mixed & u128::from(u64::MAX))
    }

    /// Each bit is turned or not by what stands before it: equal prefixes stay equal.
    fn mixed(&self, what: &str, bits: u128, length: u32) -> u128 {
        let mut mixed = bits;
        for at in 0..length {
            let before = if at == 0 { 0 } else { bits >> (128 - at) };
            let mut value = [0; 20];
            value[..4].copy_from_slice(&at.to_be_bytes());
            value[4..].copy_from_slice(&before.to_be_bytes());
            let turned = u128::from(self.hash(what, &value)[0] & 1);
            mixed ^= turned << (127 - at);
        }
        mixed
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    fn names() -> Pseudonyms {
        Pseudonyms::new([7; 32])
    }

    fn told(address: &str) -> String {
        names().ip(address.parse().unwrap()).to_string()
    }

    #[test]
    fn what_says_nothing_about_anybody_stays() {
        for address in
            ["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "169.254.169.254", "::1", "::", "ff02::1"]
        {
            assert_eq!(told(address), address);
        }
    }

    #[test]
    fn private_addresses_stay_private_and_public_ones_belong_to_nobody() {
        assert!(told("10.1.2.3").starts_with("10."));
        assert!(told("192.168.7.9").starts_with("192.168."));
        let of_172: Ipv4Addr = told("172.17.0.2").parse().unwrap();
        assert!(of_172.is_private());
        let public: Ipv4Addr = told("203.0.113.9").parse().unwrap();
        assert!(public.octets()[0] >= 240, "{public}");
        assert!(told("2a00:1450::5").starts_with("2001:db8:"));
        assert!(told("fd00::7").starts_with("fd"));
        assert!(told("fe80::7").starts_with("fe80::"));
    }

    #[test]
    fn another_key_gives_another_name() {
        let (one, other) = (names(), Pseudonyms::new([8; 32]));
        assert_ne!(one.name(Kind::Secret, "x"), other.name(Kind::Secret, "x"));
        assert_ne!(one.name(Kind::Secret, "x"), one.name(Kind::User, "x"));
        assert_eq!(one.name(Kind::Host, "Node-1"), one.name(Kind::Host, "node-1"));
    }

    proptest! {
        #[test]
        fn what_shares_a_network_shares_one_afterwards(network in 0_u32..=0xff_ffff, a: u8, b: u8) {
            let (one, two) = (Ipv4Addr::from(network << 8 | u32::from(a)), Ipv4Addr::from(network << 8 | u32::from(b)));
            let (IpAddr::V4(to_one), IpAddr::V4(to_two)) = (names().ip(one.into()), names().ip(two.into())) else {
                return Err(TestCaseError::fail("v4 becomes v4"));
            };
            let stays = one == to_one || two == to_two;
            prop_assert!(stays || to_one.octets()[..3] == to_two.octets()[..3]);
            prop_assert_eq!(a == b, to_one == to_two);
        }
    }
}
