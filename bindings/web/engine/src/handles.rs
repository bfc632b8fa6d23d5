//! Handles: numbers that name values for JavaScript.

/// Values with a number each. The numbers begin at 1, so that 0 can mean none. A number is used again after its value was
/// removed.
#[derive(Debug)]
pub(crate) struct Handles<T> {
    values: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Handles<T> {
    pub(crate) const fn new() -> Self {
        Self { values: Vec::new(), free: Vec::new() }
    }

    /// Stores a value and returns its handle.
    pub(crate) fn add(&mut self, value: T) -> u32 {
        if let Some(handle) = self.free.pop()
            && let Some(place) = self.values.get_mut(handle as usize - 1)
        {
            *place = Some(value);
            return handle;
        }
        self.values.push(Some(value));
        self.values.len() as u32
    }

    /// Returns the value with this handle, or `None` if there is none.
    #[inline]
    pub(crate) fn get(&self, handle: u32) -> Option<&T> {
        self.values.get((handle as usize).wrapping_sub(1))?.as_ref()
    }

    /// Returns the value with this handle, to change it, or `None` if there is none.
    #[inline]
    pub(crate) fn get_mut(&mut self, handle: u32) -> Option<&mut T> {
        self.values.get_mut((handle as usize).wrapping_sub(1))?.as_mut()
    }

    /// Removes the value with this handle. Does nothing if there is none.
    pub(crate) fn remove(&mut self, handle: u32) {
        let place = self.values.get_mut((handle as usize).wrapping_sub(1));
        if place.and_then(Option::take).is_some() {
            self.free.push(handle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Handles;

    #[test]
    fn a_handle_is_used_again_once_after_its_value_was_removed() {
        let mut handles = Handles::new();
        let (first, second) = (handles.add("a"), handles.add("b"));
        assert_eq!((first, second), (1, 2));
        handles.remove(first);
        handles.remove(first);
        handles.remove(0);
        handles.remove(99);
        assert_eq!((handles.get(first), handles.get(second)), (None, Some(&"b")));
        assert_eq!(handles.add("c"), first);
        assert_eq!(handles.add("d"), 3);
        assert_eq!((handles.get(0), handles.get(1), handles.get(4)), (None, Some(&"c"), None));
    }
}
