int trial_shim_placeholder(void);
