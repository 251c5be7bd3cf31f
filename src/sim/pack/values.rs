//! The packed forms of single values.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use super::{Pack, Packer, UnpackError, Unpacker};

macro_rules! pack_unsigned {
    ($($type:ident as $wide:expr),+) => {
        $(impl Pack for $type {
            fn pack(&self, packer: &mut Packer) {
                packer.number($wide(*self));
            }

            fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
                let number = unpacker.number()?;
                Self::try_from(number).map_err(|_| UnpackError::Wrong(stringify!($type)))
            }
        })+
    };
}
pack_unsigned!(
    u8 as u64::from,
    u16 as u64::from,
    u32 as u64::from,
    u64 as u64::from,
    usize as wide
);

fn wide(number: usize) -> u64 {
    number as u64
}

impl Pack for i64 {
    /// Near zero, negative numbers are as short as positive ones.
    fn pack(&self, packer: &mut Packer) {
        packer.number(((self << 1) ^ (self >> 63)).cast_unsigned());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let number = unpacker.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

impl Pack for i32 {
    fn pack(&self, packer: &mut Packer) {
        i64::from(*self).pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let number = i64::unpack(unpacker)?;
        Self::try_from(number).map_err(|_| UnpackError::Wrong("i32"))
    }
}

impl Pack for bool {
    fn pack(&self, packer: &mut Packer) {
        packer.number(u64::from(*self));
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        match unpacker.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(UnpackError::Wrong("bool")),
        }
    }
}

/// Bit by bit, which text would not keep.
impl Pack for f64 {
    fn pack(&self, packer: &mut Packer) {
        packer.number(self.to_bits());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        unpacker.number().map(Self::from_bits)
    }
}

macro_rules! pack_positive {
    ($($type:ty: $plain:ty),+) => {
        $(impl Pack for $type {
            fn pack(&self, packer: &mut Packer) {
                self.get().pack(packer);
            }

            fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
                let number = <$plain>::unpack(unpacker)?;
                Self::new(number).ok_or(UnpackError::Wrong(stringify!($type)))
            }
        })+
    };
}
pack_positive!(NonZeroU32: u32, NonZeroUsize: usize);

impl Pack for String {
    fn pack(&self, packer: &mut Packer) {
        packer.text(self);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        unpacker.text().map(str::to_owned)
    }
}

impl Pack for Box<str> {
    fn pack(&self, packer: &mut Packer) {
        packer.text(self);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        unpacker.text().map(Self::from)
    }
}

/// Those that share a text share it again.
impl Pack for Arc<str> {
    fn pack(&self, packer: &mut Packer) {
        packer.shared(self, |text, packer| packer.text(text));
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        unpacker.shared(|unpacker| unpacker.text().map(Self::from))
    }
}

impl<A: Pack, B: Pack> Pack for (A, B) {
    fn pack(&self, packer: &mut Packer) {
        self.0.pack(packer);
        self.1.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok((A::unpack(unpacker)?, B::unpack(unpacker)?))
    }
}
