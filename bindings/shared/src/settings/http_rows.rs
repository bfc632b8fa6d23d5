//! The rows of the table for the client's own HTTP.

use crate::language::Language::{self, Kotlin, Swift, TypeScript};

use super::form::Form;
use super::setting::Setting;

const HTTP_OF_THE_PLATFORM: &str = "the platform sends the requests";
const OF_THE_PLATFORM: &[(Language, &str)] = &[
    (TypeScript, HTTP_OF_THE_PLATFORM),
    (Kotlin, HTTP_OF_THE_PLATFORM),
    (Swift, HTTP_OF_THE_PLATFORM),
];

pub(super) const CA_CERTIFICATE: Setting = Setting::new(
    "ca_certificate",
    Form::Pem(|mut d, pem| {
        d.http.ca_certificate = Some(pem);
        d
    }),
    "The certificate of an authority to trust in addition to those of the system, as PEM.",
)
.setters(&["transport"])
.lacking(OF_THE_PLATFORM);

pub(super) const CLIENT_CERTIFICATE: Setting = Setting::new(
    "client_certificate",
    Form::Pem(|mut d, pem| {
        d.http.client_certificate = Some(pem);
        d
    }),
    "The certificate and the private key with which the client identifies itself to the Edge, as PEM.",
)
.setters(&["transport"])
.lacking(OF_THE_PLATFORM);

pub(super) const PROXY: Setting = Setting::new(
    "proxy",
    Form::Proxy(|mut d, proxy| {
        d.http.proxy = Some(proxy);
        d
    }),
    "The URL of a proxy, or false for no proxy. By default, the environment and the system name the proxy.",
)
.setters(&["transport"])
.lacking(OF_THE_PLATFORM);

pub(super) const HTTP1_ONLY: Setting = Setting::new(
    "http1_only",
    Form::Flag(|mut d, is_on| {
        d.http.http1_only = is_on;
        d
    }),
    "True to use HTTP/1.1 only.",
)
.default("false")
.setters(&["transport"])
.lacking(OF_THE_PLATFORM);
