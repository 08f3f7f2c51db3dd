//! Starting, reloading and stopping: one object for all of it.
