//! The settings of the client's own HTTP, for bindings whose platform does not send the requests.

#[cfg(feature = "reqwest")]
use fh_client::transport::ReqwestTransport;

/// The proxy of the client's own HTTP.
#[derive(Clone, PartialEq, Eq)]
pub enum Proxy {
    /// No proxy, also if the environment names one.
    Never,
    /// The proxy with this URL.
    At(String),
}

/// The settings of the client's own HTTP. A field that is not given has the default of the client.
#[derive(Default)]
pub(super) struct Http {
    pub(super) ca_certificate: Option<Vec<u8>>,
    pub(super) client_certificate: Option<Vec<u8>>,
    pub(super) proxy: Option<Proxy>,
    pub(super) http1_only: bool,
}

impl Http {
    /// Returns the name of the first setting that is given, or `None` if the client's default transport serves.
    pub(super) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("ca_certificate", self.ca_certificate.is_some()),
            ("client_certificate", self.client_certificate.is_some()),
            ("proxy", self.proxy.is_some()),
            ("http1_only", self.http1_only),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }

    /// Returns the transport with these settings.
    ///
    /// # Errors
    /// The [`StartError`](fh_client::StartError) of a setting that cannot be used.
    #[cfg(feature = "reqwest")]
    pub(super) fn transport(
        self,
        connect: Option<std::time::Duration>,
    ) -> Result<ReqwestTransport, fh_client::StartError> {
        let mut builder = ReqwestTransport::builder();
        if let Some(pem) = self.ca_certificate {
            builder = builder.ca_certificate(pem);
        }
        if let Some(pem) = self.client_certificate {
            builder = builder.client_certificate(pem);
        }
        builder = match self.proxy {
            None => builder,
            Some(Proxy::Never) => builder.no_proxy(),
            Some(Proxy::At(url)) => builder.proxy(&url),
        };
        if self.http1_only {
            builder = builder.http1_only();
        }
        if let Some(limit) = connect {
            builder = builder.connect_timeout(limit);
        }
        Ok(builder.build()?)
    }
}
