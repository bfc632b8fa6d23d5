//! Holds no code: the tests beside it show that no public type, error or log line of the client and the Edge shows a secret.
