//! The shape of every option struct: public properties, `Default`, and a setter for each.

/// Declares an option struct. A property is `option` (left to the service when nothing is said), `list` (empty: not
/// restricted) or `flag` (`false` when nothing is said).
macro_rules! options {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $setter:ident $field:ident: $kind:ident $type:ty;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: options!(@type $kind $type),)*
        }

        impl $name {
            $(options!(@setter $setter $field $kind $type);)*
        }
    };
    (@type option $type:ty) => { Option<$type> };
    (@type list $type:ty) => { Vec<$type> };
    (@type flag $type:ty) => { $type };
    (@setter $setter:ident $field:ident option $type:ty) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $setter(mut self, $field: impl Into<$type>) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
    (@setter $setter:ident $field:ident list $type:ty) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $setter<T: Into<$type>>(mut self, $field: impl IntoIterator<Item = T>) -> Self {
            self.$field = $field.into_iter().map(Into::into).collect();
            self
        }
    };
    (@setter $setter:ident $field:ident flag $type:ty) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $setter(mut self, $field: impl Into<$type>) -> Self {
            self.$field = $field.into();
            self
        }
    };
}

pub(crate) use options;
