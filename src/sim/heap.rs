//! The approximate memory behind a value: what it owns outside of itself.

use std::collections::VecDeque;
use std::sync::Arc;

use super::memory::block;

/// A value that may own memory.
pub trait Heap {
    /// The approximate number of bytes that it owns, without itself.
    fn heap(&self) -> usize;
}

/// Declares that a type owns the memory of these fields.
macro_rules! heap_of {
    ($($type:ty { $($field:ident),+ })+) => {
        $(impl $crate::sim::heap::Heap for $type {
            fn heap(&self) -> usize {
                0 $(+ $crate::sim::heap::Heap::heap(&self.$field))+
            }
        })+
    };
}
pub(crate) use heap_of;

impl Heap for str {
    fn heap(&self) -> usize {
        block(self.len())
    }
}

/// With the room that it has not used yet.
impl Heap for String {
    fn heap(&self) -> usize {
        block(self.capacity())
    }
}

impl Heap for Box<str> {
    fn heap(&self) -> usize {
        (**self).heap()
    }
}

/// A shared text counts with each of its owners.
impl Heap for Arc<str> {
    fn heap(&self) -> usize {
        block(2 * size_of::<usize>() + self.len())
    }
}

impl<T: Heap> Heap for Option<T> {
    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Heap::heap)
    }
}

impl<T: Heap> Heap for [T] {
    fn heap(&self) -> usize {
        block(size_of_val(self)) + self.iter().map(Heap::heap).sum::<usize>()
    }
}

/// With the room that it has not used yet: a list that was collected in the place of a list of larger items has much.
impl<T: Heap> Heap for Vec<T> {
    fn heap(&self) -> usize {
        let items = self.iter().map(Heap::heap).sum::<usize>();
        block(self.capacity() * size_of::<T>()) + items
    }
}

impl<T: Heap> Heap for Box<[T]> {
    fn heap(&self) -> usize {
        (**self).heap()
    }
}

impl<T: Heap> Heap for Box<T> {
    fn heap(&self) -> usize {
        block(size_of::<T>()) + (**self).heap()
    }
}

impl<T: Heap> Heap for VecDeque<T> {
    fn heap(&self) -> usize {
        let items = self.iter().map(Heap::heap).sum::<usize>();
        block(self.capacity() * size_of::<T>()) + items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_owns_its_items_and_what_these_own() {
        assert_eq!(vec![String::new(); 4].heap(), block(4 * 24));
        let texts = vec!["a".repeat(100), String::new()];
        assert_eq!(texts.heap(), block(2 * 24) + block(100));
        assert_eq!(Some(texts.clone()).heap(), texts.heap());
        assert_eq!(Box::new(texts.clone()).heap(), block(24) + texts.heap());
        let mut roomy = Vec::with_capacity(10);
        roomy.push(String::new());
        assert_eq!(roomy.heap(), block(10 * 24));
    }
}
