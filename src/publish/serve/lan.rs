//! Which addresses of this machine phones in the same network can reach.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// Beginnings of the names of interfaces that lead to no phone: tunnels, containers, virtual machines.
const VIRTUAL: &[&str] = &[
    "awdl",
    "bridge",
    "br-",
    "cni",
    "docker",
    "dummy",
    "flannel",
    "gif",
    "hyper-v",
    "ipsec",
    "kube",
    "llw",
    "loopback",
    "lxc",
    "lxdbr",
    "podman",
    "ppp",
    "stf",
    "tailscale",
    "tap",
    "tun",
    "utun",
    "vboxnet",
    "vethernet",
    "veth",
    "virbr",
    "virtualbox",
    "vmenet",
    "vmnet",
    "vmware",
    "wg",
    "zt",
];

/// The IPv4 addresses of this machine, the one for phones first. Empty where it is in no network.
pub fn addresses() -> Vec<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_default();
    let found = found.into_iter().filter_map(|interface| match interface.ip() {
        IpAddr::V4(ip) => Some((interface.name, ip)),
        IpAddr::V6(_) => None,
    });
    order(found.collect(), route()).into_iter().map(IpAddr::V4).collect()
}

/// The address that a packet to elsewhere would be sent from. Nothing is sent to find it.
fn route() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // An address reserved for documentation (RFC 5737); connecting a UDP socket only looks up the route.
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(_) => None,
    }
}

/// Real interfaces before virtual ones, private addresses (RFC 1918) before others, that of the route before its like.
fn order(mut found: Vec<(String, Ipv4Addr)>, route: Option<Ipv4Addr>) -> Vec<Ipv4Addr> {
    found.retain(|(_, ip)| !ip.is_loopback() && !ip.is_unspecified());
    found.sort_by_key(|(name, ip)| {
        let name = name.to_lowercase();
        let is_virtual = VIRTUAL.iter().any(|beginning| name.starts_with(beginning));
        (ip.is_link_local(), is_virtual, !ip.is_private(), Some(*ip) != route, name, *ip)
    });
    let mut ordered: Vec<Ipv4Addr> = found.into_iter().map(|(_, ip)| ip).collect();
    ordered.dedup();
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(interfaces: &[(&str, [u8; 4])], route: Option<[u8; 4]>) -> Option<Ipv4Addr> {
        let found = interfaces.iter().map(|(name, ip)| ((*name).to_owned(), Ipv4Addr::from(*ip))).collect();
        order(found, route.map(Ipv4Addr::from)).first().copied()
    }

    #[test]
    fn the_address_of_the_route_is_for_phones() {
        let two = [("eth0", [10, 0, 0, 5]), ("wlan0", [192, 168, 1, 7])];
        assert_eq!(first(&two, Some([192, 168, 1, 7])), Some(Ipv4Addr::new(192, 168, 1, 7)));
        assert_eq!(first(&two, Some([10, 0, 0, 5])), Some(Ipv4Addr::new(10, 0, 0, 5)));
    }

    #[test]
    fn tunnels_and_containers_are_passed_over() {
        for name in ["tun0", "docker0", "br-1a2b", "wg0", "utun3", "vEthernet (WSL)", "VMware Network Adapter VMnet8"] {
            let two = [(name, [172, 17, 0, 1]), ("wlp3s0", [192, 168, 1, 7])];
            assert_eq!(first(&two, Some([172, 17, 0, 1])), Some(Ipv4Addr::new(192, 168, 1, 7)), "{name}");
        }
        // Better than nothing.
        assert_eq!(first(&[("tun0", [10, 8, 0, 2])], None), Some(Ipv4Addr::new(10, 8, 0, 2)));
    }

    #[test]
    fn private_addresses_come_before_public_ones_and_made_up_ones_last() {
        let all = [("en0", [169, 254, 1, 1]), ("en1", [203, 0, 113, 5]), ("en2", [192, 168, 0, 2])];
        assert_eq!(first(&all, Some([203, 0, 113, 5])), Some(Ipv4Addr::new(192, 168, 0, 2)));
        assert_eq!(first(&all[..2], None), Some(Ipv4Addr::new(203, 0, 113, 5)));
    }

    #[test]
    fn without_a_network_there_is_none() {
        assert_eq!(first(&[("lo", [127, 0, 0, 1])], None), None);
        assert_eq!(first(&[], None), None);
    }
}
