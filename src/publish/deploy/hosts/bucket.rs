//! Object stores, through Apache OpenDAL: AWS S3 and what speaks like it, Aliyun OSS, Tencent COS, Huawei OBS.
//!
//! A PUT of an object is atomic and there is no rename, so files are written where they belong, in the order of the plan.

use std::io::Read;

use opendal::{ErrorKind, Operator, options::WriteOptions, services};
use tokio::runtime::Runtime;

use super::super::host::{Abilities, Content, Fault, Found, Headers, Host, HostError, Result};
use super::super::secrets::Keys;
use crate::config::deploy::{Addressing, Bucket, Family};

/// What is sent in one piece; larger objects are sent in several, and appear when the last is there.
const PIECE: usize = 8 * 1024 * 1024;
pub struct Store {
    operator: Operator,
    runtime: Runtime,
    /// Whether an object can be written only where there is none.
    creates: bool,
    bucket: String,
}

/// Connects to a bucket. Nothing is asked of it yet.
pub fn open(bucket: &Bucket, keys: &Keys) -> Result<Store> {
    // The only provider that is compiled in; a second call finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The facade only offers the one with a provider of its own, which is written in C.
    opendal_http_transport_reqwest::install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| HostError::io(&error))?;
    let operator = runtime
        .block_on(async { operator(bucket, keys) })
        .map_err(|error| HostError::new(Fault::NotFound, error.to_string()))?;
    Ok(Store { operator, runtime, creates: bucket.family != Family::Obs, bucket: bucket.bucket.clone() })
}

fn operator(bucket: &Bucket, keys: &Keys) -> opendal::Result<Operator> {
    let Bucket { family, endpoint, region, bucket, path, addressing } = bucket;
    let root = format!("/{path}");
    let endpoint = endpoint.as_deref().map(|e| e.trim_end_matches('/'));
    match family {
        Family::S3 => {
            let mut builder = services::S3::default()
                .bucket(bucket)
                .root(&root)
                // The services that are no AWS take any.
                .region(region.as_deref().unwrap_or("us-east-1"))
                .access_key_id(&keys.id)
                .secret_access_key(&keys.secret)
                .disable_config_load()
                .disable_ec2_metadata();
            if let Some(endpoint) = endpoint {
                builder = builder.endpoint(endpoint);
            }
            if let Some(token) = &keys.token {
                builder = builder.session_token(token);
            }
            let is_virtual = match addressing {
                Addressing::Virtual => true,
                Addressing::Path => false,
                Addressing::Auto => endpoint.is_none(),
            };
            Operator::new(if is_virtual { builder.enable_virtual_host_style() } else { builder })
        }
        Family::Oss => {
            let mut builder = services::Oss::default()
                .bucket(bucket)
                .root(&root)
                .endpoint(endpoint.unwrap_or_default())
                .access_key_id(&keys.id)
                .access_key_secret(&keys.secret);
            if *addressing == Addressing::Path {
                builder = builder.addressing_style("path");
            }
            if let Some(token) = &keys.token {
                builder = builder.security_token(token);
            }
            Operator::new(builder)
        }
        Family::Cos => {
            let mut builder = services::Cos::default()
                .bucket(bucket)
                .root(&root)
                .endpoint(endpoint.unwrap_or_default())
                .secret_id(&keys.id)
                .secret_key(&keys.secret)
                .disable_config_load();
            if let Some(token) = &keys.token {
                builder = builder.security_token(token);
            }
            Operator::new(builder)
        }
        Family::Obs => Operator::new(
            services::Obs::default()
                .bucket(bucket)
                .root(&root)
                .endpoint(endpoint.unwrap_or_default())
                .access_key_id(&keys.id)
                .secret_access_key(&keys.secret),
        ),
    }
}

impl Store {
    fn failed(&self, error: &opendal::Error, path: &str) -> HostError {
        let text = format!("{error} {:?}", std::error::Error::source(error));
        // The name of the file may hold any of these words.
        let said = text.replace(path, "");
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let fault = match error.kind() {
            _ if says(&["RequestTimeTooSkewed", "RequestExpired", "AccessDenied.Expired", "clock skew"]) => {
                Fault::Clock
            }
            _ if says(&["NoSuchBucket"]) => Fault::NotFound,
            _ if says(&[
                "InvalidAccessKeyId",
                "SignatureDoesNotMatch",
                "InvalidToken",
                "ExpiredToken",
                "NotSignedUp",
            ]) =>
            {
                Fault::Login
            }
            _ if says(&[
                "QuotaExceeded",
                "EntityTooLarge",
                "InsufficientStorage",
                "status: 507",
                "StorageFull",
                "XMinioStorageFull",
            ]) =>
            {
                Fault::Full
            }
            _ if says(&["certificate", "CertificateError", "UnknownIssuer", "InvalidCertificate"]) => {
                Fault::Certificate
            }
            _ if says(&["dns error", "Connection refused", "ConnectionRefused", "Network is unreachable"]) => {
                Fault::Unreachable
            }
            ErrorKind::PermissionDenied => Fault::ReadOnly,
            ErrorKind::RateLimited => Fault::Interrupted,
            _ if says(&["status: 500", "InternalError"]) => Fault::Failed,
            _ if error.is_temporary()
                || says(&["error sending request", "connection closed", "IncompleteMessage", "timed out"]) =>
            {
                Fault::Interrupted
            }
            _ => Fault::Other,
        };
        HostError::new(fault, shorten(&text)).at(path)
    }

    fn options(headers: &Headers, if_not_exists: bool) -> WriteOptions {
        WriteOptions {
            content_type: Some(headers.content_type.clone()).filter(|t| !t.is_empty()),
            cache_control: headers.cache_control.map(str::to_owned),
            if_not_exists,
            ..WriteOptions::default()
        }
    }
}

/// The first line of what the library says: the rest is its own inner life.
fn shorten(text: &str) -> String {
    text.chars().take(400).collect::<String>().replace('\n', " ")
}

impl Host for Store {
    fn abilities(&self) -> Abilities {
        Abilities { atomic_write: true, headers: true, ..Abilities::default() }
    }

    fn list(&self, folder: &str) -> Result<Vec<Found>> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let options = opendal::options::ListOptions { recursive: true, ..Default::default() };
        let entries = self.runtime.block_on(self.operator.list_options(&prefix, options));
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed(&error, folder)),
        };
        let files = entries.into_iter().filter(|entry| entry.metadata().is_file());
        Ok(files
            .filter_map(|entry| {
                let path = entry.path().strip_prefix(&prefix)?.to_owned();
                (!path.is_empty()).then(|| Found { path, size: entry.metadata().content_length() })
            })
            .collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.runtime.block_on(self.operator.read(path)) {
            Ok(buffer) => Ok(Some(buffer.to_vec())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error, path)),
        }
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        match self.runtime.block_on(self.operator.stat(path)) {
            Ok(metadata) => Ok(Some(metadata.content_length())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error, path)),
        }
    }

    fn write(&self, path: &str, content: &Content, headers: &Headers) -> Result<()> {
        let mut reader = content.reader()?;
        let source = |error: std::io::Error| HostError::source(&path, &error);
        let options = Self::options(headers, false);
        if content.size() <= PIECE as u64 {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(source)?;
            let written = self.runtime.block_on(self.operator.write_options(path, bytes, options));
            return written.map(drop).map_err(|error| self.failed(&error, path));
        }
        let mut writer = self
            .runtime
            .block_on(self.operator.writer_options(path, options))
            .map_err(|error| self.failed(&error, path))?;
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            reader.by_ref().take(PIECE as u64).read_to_end(&mut piece).map_err(source)?;
            if piece.is_empty() {
                break;
            }
            if let Err(error) = self.runtime.block_on(writer.write(piece)) {
                let _ = self.runtime.block_on(writer.abort());
                return Err(self.failed(&error, path));
            }
        }
        self.runtime.block_on(writer.close()).map(drop).map_err(|error| self.failed(&error, path))
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        if self.creates {
            let options = Self::options(&Headers::default(), true);
            return match self.runtime.block_on(self.operator.write_options(path, bytes.to_vec(), options)) {
                Ok(_) => Ok(true),
                Err(error) if matches!(error.kind(), ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists) => {
                    Ok(false)
                }
                Err(error) => Err(self.failed(&error, path)),
            };
        }
        super::create_and_look(self, path, bytes, || {
            self.write(path, &Content::own(bytes), &Headers::default()).map(|()| true)
        })
    }

    fn rename(&self, from: &str, _: &str) -> Result<()> {
        Err(HostError::other(format!("objects of `{}` cannot be renamed", self.bucket)).at(from))
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.runtime.block_on(self.operator.delete(path)).map_err(|error| self.failed(&error, path))
    }

    fn remove_folder(&self, _: &str) -> Result<bool> {
        Ok(true)
    }
}
