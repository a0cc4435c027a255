//! Certificates that no authority has signed.

use std::path::PathBuf;
use std::process::Command;

use super::machine::{Machine, output_of};

/// Makes a certificate for both addresses of a machine, which is its own authority. Returns it and its key.
pub fn certificate(machine: &Machine) -> (PathBuf, PathBuf) {
    let (certificate, key) = (machine.path("certificate.pem"), machine.path("key.pem"));
    let names = format!("subjectAltName=IP:{},IP:{}", machine.address(), machine.front_address());
    output_of(
        Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-days", "30", "-subj", "/CN=kepu test", "-addext", &names])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-out")
            .arg(&certificate)
            .arg("-keyout")
            .arg(&key),
    );
    (certificate, key)
}
