//! Random ids and API keys.

use rustls::crypto::ring;

use crate::failure::Failure;

/// Generates the secret part of a client-evaluated key: 30 and 20 letters or digits with `*` between them.
pub(crate) fn client_key() -> Result<String, Failure> {
    Ok(format!("{}*{}", letters(30)?, letters(20)?))
}

/// Generates the id of an environment: a random UUID.
pub(crate) fn environment() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

/// Generates a secret of `count` ASCII letters and digits from the system's secure random numbers.
pub(crate) fn letters(count: usize) -> Result<String, Failure> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0; 64];
        random(&mut bytes)?;
        // The highest bit of each byte is cleared. Bytes that are then no letters or digits are dropped and not mapped, so that
        // all characters are equally likely.
        let letters = bytes.into_iter().map(|byte| char::from(byte & 0x7f));
        text.extend(letters.filter(char::is_ascii_alphanumeric).take(count - text.len()));
    }
    Ok(text)
}

fn random(bytes: &mut [u8]) -> Result<(), Failure> {
    let filled = ring::default_provider().secure_random.fill(bytes);
    filled.map_err(|_| Failure::Input("the system's random number generator failed".to_string()))
}
