//! How a struct on the wire is declared, and how its fields are read back one by one.

/// What is left of a record while its fields are read.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `len` bytes; `None` when fewer are left.
    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }
}

/// A value of fixed size on the wire.
pub(crate) trait Field: Sized {
    /// Reads it; `None` when the bytes end before it does.
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

macro_rules! number {
    ($($ty:ty),*) => { $(
        impl Field for $ty {
            fn read(from: &mut Reader<'_>) -> Option<Self> {
                let bytes = from.take(size_of::<$ty>())?;
                Some(<$ty>::from_le_bytes(bytes.try_into().ok()?))
            }
        }
    )* };
}
number!(u8, u16, u32, u64, i32);

impl<T: Field + Copy + Default, const N: usize> Field for [T; N] {
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let mut all = [T::default(); N];
        for one in &mut all {
            *one = T::read(from)?;
        }
        Some(all)
    }
}

/// Declares a struct of the wire: `repr(C)`, without padding that is not named, readable field by field.
macro_rules! wire {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

        const _: () = {
            assert!(size_of::<$name>() == 0 $(+ size_of::<$ty>())*, "padding must be a field");
            assert!(align_of::<$name>() == 8 || size_of::<$name>() % 8 == 0);
        };

        impl $crate::wire::Field for $name {
            fn read(from: &mut $crate::wire::Reader<'_>) -> Option<Self> {
                $(let $field = <$ty as $crate::wire::Field>::read(from)?;)*
                Some($name { $($field,)* })
            }
        }
    };
}
pub(crate) use wire;
