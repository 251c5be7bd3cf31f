//! Packed values: the bytes in which a world is stored. Nothing of a value is lost, and nothing is derived from other parts.
//!
//! The bytes have no names. The order of the fields, the numbers of the variants and the format number are the format: a field
//! or a variant that a later format adds is read by [`Unpacker::format`], so that older bytes can still be read.

mod collections;
mod values;

use std::any::Any;
use std::sync::Arc;

use foldhash::HashMap;

/// The number of the format that is written. Older ones are read.
pub const FORMAT: u64 = 1;

/// A value that can be packed.
pub trait Pack: Sized {
    fn pack(&self, packer: &mut Packer);

    /// Reads an equal value.
    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError>;
}

/// The reason that bytes are no packed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    #[error("the bytes end too early")]
    EndsEarly,
    #[error("there are bytes after the end")]
    EndsLate,
    #[error("the bytes are of a newer format, {0}; this is {FORMAT}")]
    Newer(u64),
    #[error("the bytes are no {0}")]
    Wrong(&'static str),
}

/// Bytes that are being written.
#[derive(Debug, Default)]
pub struct Packer {
    bytes: Vec<u8>,
    /// The numbers of the shared values so far, by their addresses.
    shared: HashMap<usize, usize>,
}

impl Packer {
    /// Begins with the number of the format.
    pub fn new() -> Self {
        let mut packer = Self::default();
        packer.number(FORMAT);
        packer
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            // The upper bit says that more follows.
            self.bytes.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.bytes.push(number.to_le_bytes()[0]);
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Packs a value behind a pointer, the second time as its number alone. It must live until the end.
    pub fn shared<T: ?Sized>(&mut self, value: &Arc<T>, pack: impl FnOnce(&T, &mut Self)) {
        let next = self.shared.len();
        let address = Arc::as_ptr(value).cast::<()>() as usize;
        let number = *self.shared.entry(address).or_insert(next);
        self.number(number as u64);
        if number == next {
            pack(value, self);
        }
    }

    /// Packs values that were counted.
    pub fn all<'a, T: Pack + 'a>(&mut self, n: usize, values: impl Iterator<Item = &'a T>) {
        self.number(n as u64);
        values.for_each(|value| value.pack(self));
    }
}

/// Bytes that are being read.
pub struct Unpacker<'a> {
    bytes: &'a [u8],
    format: u64,
    /// The shared values so far.
    shared: Vec<Box<dyn Any>>,
}

impl<'a> Unpacker<'a> {
    /// Reads the number of the format, and refuses a newer one.
    pub fn new(bytes: &'a [u8]) -> Result<Self, UnpackError> {
        let mut unpacker = Self {
            bytes,
            format: FORMAT,
            shared: Vec::new(),
        };
        unpacker.format = unpacker.number()?;
        if unpacker.format > FORMAT {
            return Err(UnpackError::Newer(unpacker.format));
        }
        Ok(unpacker)
    }

    /// The number of the format that is read.
    pub fn format(&self) -> u64 {
        self.format
    }

    /// Checks that nothing is left.
    pub fn end(self) -> Result<(), UnpackError> {
        let is_end = self.bytes.is_empty();
        is_end.then_some(()).ok_or(UnpackError::EndsLate)
    }

    pub fn number(&mut self) -> Result<u64, UnpackError> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (byte, rest) = self.bytes.split_first().ok_or(UnpackError::EndsEarly)?;
            self.bytes = rest;
            if shift > 63 {
                return Err(UnpackError::Wrong("number"));
            }
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    /// The number of things that follow, each of which takes a byte at least.
    pub fn count(&mut self) -> Result<usize, UnpackError> {
        let count = usize::try_from(self.number()?).map_err(|_| UnpackError::EndsEarly)?;
        let fits = count <= self.bytes.len();
        fits.then_some(count).ok_or(UnpackError::EndsEarly)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], UnpackError> {
        let length = self.count()?;
        let (bytes, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        Ok(bytes)
    }

    pub fn text(&mut self) -> Result<&'a str, UnpackError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| UnpackError::Wrong("text"))
    }

    /// The counterpart of [`Packer::shared`].
    pub fn shared<T: Any + Clone>(
        &mut self,
        unpack: impl FnOnce(&mut Self) -> Result<T, UnpackError>,
    ) -> Result<T, UnpackError> {
        let number = usize::try_from(self.number()?).map_err(|_| UnpackError::EndsEarly)?;
        if let Some(known) = self.shared.get(number) {
            let known = known.downcast_ref().cloned();
            return known.ok_or(UnpackError::Wrong("shared value"));
        }
        if number != self.shared.len() {
            return Err(UnpackError::Wrong("shared value"));
        }
        // Its place is taken first, since it may have shared parts itself.
        self.shared.push(Box::new(()));
        let value = unpack(self)?;
        self.shared[number] = Box::new(value.clone());
        Ok(value)
    }
}

/// Declares how structs are packed: by all of their fields, in this order.
macro_rules! pack_structs {
    ($($type:ty { $($field:ident),+ $(,)? })+) => {
        $(impl $crate::sim::pack::Pack for $type {
            fn pack(&self, packer: &mut $crate::sim::pack::Packer) {
                let Self { $($field),+ } = self;
                $($crate::sim::pack::Pack::pack($field, packer);)+
            }

            fn unpack(
                unpacker: &mut $crate::sim::pack::Unpacker,
            ) -> Result<Self, $crate::sim::pack::UnpackError> {
                Ok(Self { $($field: $crate::sim::pack::Pack::unpack(unpacker)?),+ })
            }
        })+
    };
}
pub(crate) use pack_structs;

/// Declares how enums are packed: by the numbers of their variants, and the fields of these in order.
macro_rules! pack_enums {
    ($($type:ty {
        $($number:literal: $variant:ident
            $({ $($field:ident),+ $(,)? })?
            $(( $($item:ident),+ ))?
        ),+ $(,)?
    })+) => {
        $(impl $crate::sim::pack::Pack for $type {
            fn pack(&self, packer: &mut $crate::sim::pack::Packer) {
                match self {
                    $(Self::$variant $({ $($field),+ })? $(( $($item),+ ))? => {
                        packer.number($number);
                        $($($crate::sim::pack::Pack::pack($field, packer);)+)?
                        $($($crate::sim::pack::Pack::pack($item, packer);)+)?
                    })+
                }
            }

            fn unpack(
                unpacker: &mut $crate::sim::pack::Unpacker,
            ) -> Result<Self, $crate::sim::pack::UnpackError> {
                match unpacker.number()? {
                    $($number => {
                        $($(let $field = $crate::sim::pack::Pack::unpack(unpacker)?;)+)?
                        $($(let $item = $crate::sim::pack::Pack::unpack(unpacker)?;)+)?
                        Ok(Self::$variant $({ $($field),+ })? $(( $($item),+ ))?)
                    })+
                    _ => Err($crate::sim::pack::UnpackError::Wrong(stringify!($type))),
                }
            }
        })+
    };
}
pub(crate) use pack_enums;

/// Declares that structs with one unnamed field are packed as that.
macro_rules! pack_wrappers {
    ($($type:ty),+ $(,)?) => {
        $(impl $crate::sim::pack::Pack for $type {
            fn pack(&self, packer: &mut $crate::sim::pack::Packer) {
                $crate::sim::pack::Pack::pack(&self.0, packer);
            }

            fn unpack(
                unpacker: &mut $crate::sim::pack::Unpacker,
            ) -> Result<Self, $crate::sim::pack::UnpackError> {
                $crate::sim::pack::Pack::unpack(unpacker).map(Self)
            }
        })+
    };
}
pub(crate) use pack_wrappers;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, VecDeque};
    use std::fmt::Debug;

    use indexmap::{IndexMap, IndexSet};
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Shape {
        Point,
        Circle(f64),
        Text { text: String, size: u8 },
    }
    pack_enums! { Shape { 0: Point, 3: Circle(radius), 4: Text { text, size } } }

    fn packed(value: &impl Pack) -> Vec<u8> {
        let mut packer = Packer::new();
        value.pack(&mut packer);
        packer.into_bytes()
    }

    fn unpacked<T: Pack>(bytes: &[u8]) -> Result<T, UnpackError> {
        let mut unpacker = Unpacker::new(bytes)?;
        let value = T::unpack(&mut unpacker)?;
        unpacker.end()?;
        Ok(value)
    }

    /// Checks that a value survives, and that none of the beginnings of its bytes is a value.
    fn check<T: Pack + PartialEq + Debug>(value: &T) {
        let bytes = packed(value);
        assert_eq!(unpacked::<T>(&bytes).as_ref(), Ok(value));
        for end in 1..bytes.len() {
            assert!(unpacked::<T>(&bytes[..end]).is_err(), "{end} of {bytes:?}");
        }
        let more = [&*bytes, &[0]].concat();
        assert_eq!(unpacked::<T>(&more), Err(UnpackError::EndsLate));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn values_survive(
            numbers in any::<(u64, i64, u8, u32, usize, i32)>(),
            float in any::<f64>().prop_filter("NaN is unlike itself", |float| !float.is_nan()),
            texts in prop::collection::vec(".{0,9}", 0..4),
            flag in any::<Option<bool>>(),
        ) {
            check(&(numbers.0, numbers.1));
            check(&(numbers.2, (numbers.3, (numbers.4, numbers.5))));
            check(&texts);
            check(&flag);
            check(&[Shape::Point, Shape::Circle(float)].to_vec());
            check(&texts.iter().map(|text| (text.clone(), numbers.0)).collect::<BTreeMap<_, _>>());
            check(&texts.iter().cloned().collect::<BTreeSet<_>>());
            check(&texts.iter().rev().cloned().collect::<IndexSet<_>>());
            check(&texts.iter().rev().map(|text| (text.clone(), float)).collect::<IndexMap<_, _>>());
            check(&texts.iter().map(|text| Shape::Text { text: text.clone(), size: numbers.2 }).collect::<VecDeque<_>>());
        }

        #[test]
        fn other_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = unpacked::<Vec<(String, Option<f64>)>>(&bytes);
            let _ = unpacked::<Vec<Shape>>(&bytes);
            let _ = unpacked::<Vec<Arc<str>>>(&bytes);
        }
    }

    #[test]
    fn a_shared_value_is_written_once_and_shared_again() {
        let (shop, mall): (Arc<str>, Arc<str>) = (Arc::from("shop"), Arc::from("mall"));
        let all = vec![Arc::clone(&shop), mall, Arc::clone(&shop), shop];
        let bytes = packed(&all);
        assert_eq!(bytes.len(), 1 + 1 + 2 * (1 + 5) + 2);

        let unpacked: Vec<Arc<str>> = unpacked(&bytes).unwrap();
        assert_eq!(unpacked, all);
        assert!(Arc::ptr_eq(&unpacked[0], &unpacked[3]));
    }

    #[test]
    fn a_newer_format_and_an_unknown_variant_are_refused() {
        assert_eq!(unpacked::<bool>(&[2, 1]), Err(UnpackError::Newer(2)));
        assert_eq!(unpacked::<Shape>(&[1, 2]), Err(UnpackError::Wrong("Shape")));
        let error = UnpackError::Newer(2).to_string();
        assert_eq!(error, "the bytes are of a newer format, 2; this is 1");
    }
}
