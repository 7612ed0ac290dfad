//! Numbers that look random and are the same in every run.

/// Dice with a seed.
pub(super) struct Dice(pub u64);

impl Dice {
    /// A number below `most`, which is not 0.
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}
