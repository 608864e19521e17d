// What SweepSearch uses of the system's linear algebra.
#pragma once
#include <cblas.h>
#include <lapacke.h>
