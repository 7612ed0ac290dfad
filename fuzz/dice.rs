//! A generator of throws for the smoke runs of the fuzz targets: the same at every run.

/// A xorshift generator.
pub struct Dice(u64);

impl Dice {
    /// Dice in the one state that every smoke run begins with.
    pub fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `sides`, or 0 if there are no sides.
    pub fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}
