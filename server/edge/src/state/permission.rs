//! The permissions of an account in an environment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A permission of an account in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// The permission to read features. An account with any other permission in an environment can read features as well.
    Read,
    /// The permission to lock a feature.
    Lock,
    /// The permission to unlock a feature.
    Unlock,
    /// The permission to change a feature's value.
    ChangeValue,
    /// The permission to read the properties of features.
    ExtendedData,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 5] =
        [Self::Read, Self::Lock, Self::Unlock, Self::ChangeValue, Self::ExtendedData];

    /// Returns the name of the permission in the protocol and in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Lock => "LOCK",
            Self::Unlock => "UNLOCK",
            Self::ChangeValue => "CHANGE_VALUE",
            Self::ExtendedData => "EXTENDED_DATA",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The error for a text that is not the name of a permission. The field is the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPermission(pub String);

impl fmt::Display for UnknownPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = Permission::ALL.iter().map(|each| each.as_str()).collect();
        write!(f, "`{}` is no permission; the permissions are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownPermission {}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let found = Self::ALL.into_iter().find(|each| each.as_str() == text);
        found.ok_or_else(|| UnknownPermission(text.to_string()))
    }
}

/// The set of permissions of an account in one environment. An account with an empty set does not see the environment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// Returns true if the set contains `permission`.
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Returns true if the set is empty.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns true if the set contains only [`Permission::Read`].
    pub(crate) const fn is_read_only(self) -> bool {
        self.0 == Permission::Read.bit()
    }

    /// Returns the permissions of the set, in the order of [`Permission::ALL`].
    pub(crate) fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |each| self.has(*each))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, each| bits | each.bit()))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Permission::as_str)).finish()
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Permission::as_str))
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let permissions: Result<Self, _> = names.iter().map(|name| name.parse()).collect();
        permissions.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sets() {
        let all: Permissions = Permission::ALL.into_iter().collect();
        assert_eq!(
            serde_json::to_string(&all).unwrap(),
            r#"["READ","LOCK","UNLOCK","CHANGE_VALUE","EXTENDED_DATA"]"#
        );
        let read: Permissions = serde_json::from_str(r#"["READ","READ"]"#).unwrap();
        assert!(read.is_read_only() && read.has(Permission::Read) && !read.has(Permission::Lock));
        assert!(Permissions::default().is_empty() && !Permissions::default().is_read_only());
        let error = serde_json::from_str::<Permissions>(r#"["WRITE"]"#).unwrap_err().to_string();
        assert!(error.contains("`WRITE` is no permission"), "{error}");
    }
}
