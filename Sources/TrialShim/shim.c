#include "trial_shim.h"
int trial_shim_placeholder(void) { return 0; }
