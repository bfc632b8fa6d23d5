//! Ids and keys that nobody has had before.

use rustls::crypto::ring;

use crate::failure::Failure;

/// The secret part of a client-evaluated key, as long as FeatureHub's.
pub(crate) fn client_key() -> Result<String, Failure> {
    Ok(format!("{}*{}", letters(30)?, letters(20)?))
}

/// The id of an environment.
pub(crate) fn environment() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

/// So many letters and digits that nobody guesses.
pub(crate) fn letters(count: usize) -> Result<String, Failure> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0; 64];
        random(&mut bytes)?;
        // What is no letter is left out, so that each one is as likely as every other.
        let letters = bytes.into_iter().map(|byte| char::from(byte & 0x7f));
        text.extend(letters.filter(char::is_ascii_alphanumeric).take(count - text.len()));
    }
    Ok(text)
}

fn random(bytes: &mut [u8]) -> Result<(), Failure> {
    let filled = ring::default_provider().secure_random.fill(bytes);
    filled.map_err(|_| Failure::Input("the system gives no random numbers".to_string()))
}
