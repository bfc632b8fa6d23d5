//! A backend that reads a file and keeps all writes in memory, so that redb can try the file without a change of the file.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// The size of the blocks in which written bytes are kept.
const BLOCK: usize = 4096;

/// A file below written blocks.
#[derive(Debug)]
pub(super) struct Overlay<B> {
    file: Arc<B>,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    /// The length of the file with all writes.
    length: u64,
    /// The number of bytes of the file that are still in use. A file that was truncated and then extended has zeros behind them.
    of_file: u64,
    /// The written blocks, by their number.
    blocks: BTreeMap<u64, Box<[u8]>>,
}

impl<B: StorageBackend> Overlay<B> {
    pub(super) fn new(file: Arc<B>) -> io::Result<Self> {
        let length = file.len()?;
        let written = Mutex::new(Written { length, of_file: length, blocks: BTreeMap::new() });
        Ok(Self { file, written })
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads bytes of the file without the written blocks. Behind the file are zeros.
    fn below(&self, written: &Written, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let here = written.of_file.saturating_sub(offset);
        let here = usize::try_from(here).unwrap_or(usize::MAX).min(len);
        let mut bytes = if here == 0 { Vec::new() } else { self.file.read(offset, here)? };
        bytes.resize(len, 0);
        Ok(bytes)
    }
}

/// Returns the parts of the blocks that cover a range: the number of each block, the position in the block, and the range's bytes in it.
fn parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let place = offset + at as u64;
        let inside = (place % BLOCK as u64) as usize;
        let part = at..(at + BLOCK - inside).min(len);
        at = part.end;
        (!part.is_empty()).then_some((place / BLOCK as u64, inside, part))
    })
}

impl<B: StorageBackend> StorageBackend for Overlay<B> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().length)
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let written = self.lock();
        let mut bytes = self.below(&written, offset, len)?;
        for (block, inside, part) in parts(offset, len) {
            let block = written.blocks.get(&block).and_then(|block| block.get(inside..));
            if let Some((block, bytes)) = block.zip(bytes.get_mut(part)) {
                bytes.iter_mut().zip(block).for_each(|(byte, written)| *byte = *written);
            }
        }
        Ok(bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut written = self.lock();
        written.length = len;
        written.of_file = written.of_file.min(len);
        drop(written.blocks.split_off(&len.div_ceil(BLOCK as u64)));
        if let Some(block) = written.blocks.get_mut(&(len / BLOCK as u64)) {
            block.iter_mut().skip((len % BLOCK as u64) as usize).for_each(|byte| *byte = 0);
        }
        Ok(())
    }

    fn sync_data(&self, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.lock();
        for (number, inside, part) in parts(offset, data.len()) {
            let mut block = match written.blocks.remove(&number) {
                Some(block) => block,
                None => self.below(&written, number * BLOCK as u64, BLOCK)?.into_boxed_slice(),
            };
            if let Some((to, from)) = block.get_mut(inside..).zip(data.get(part)) {
                to.iter_mut().zip(from).for_each(|(byte, new)| *byte = *new);
            }
            written.blocks.insert(number, block);
        }
        written.length = written.length.max(offset + data.len() as u64);
        Ok(())
    }
}
