import Glibc

/// What a trial gets of the agent's own environment.
package struct InheritedEnvironment: Hashable, Sendable {
    /// `--inherit`; nil: everything but the agent's own secrets and what belongs to its process.
    package var patterns: [String]?

    package init(patterns: [String]? = nil) { self.patterns = patterns }

    /// Never, whatever `--inherit` says: what lets this agent in, and what means this very process.
    static let never = [
        "SWEEP_*", "WANDB_SERVICE", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
        "INVOCATION_ID",
        "JOURNAL_STREAM", "WATCHDOG_PID", "WATCHDOG_USEC", "MAINPID", "MANAGERPID",
        "CREDENTIALS_DIRECTORY",
    ]

    /// What training scripts live from: what an allow-list begins with.
    static let usual = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM",
        "TMPDIR", "HOSTNAME",
        "LD_LIBRARY_PATH", "LIBRARY_PATH", "MODULEPATH", "LOADEDMODULES", "XDG_*", "PYTHON*", "CONDA*",
        "_CE_*", "MAMBA_*",
        "VIRTUAL_ENV*", "PYENV_*", "UV_*", "PIXI_*", "POETRY_*", "R_*", "JULIA_*",
        "CUDA*", "NVIDIA_*", "NCCL_*", "CUDNN_*", "CUBLAS_*", "NVSHMEM_*", "HIP_*", "HSA_*", "ROCM_*",
        "ROCR_*", "MIOPEN_*",
        "OMP_*", "KMP_*", "GOMP_*", "MKL_*", "OPENBLAS_*", "NUMEXPR_*", "TORCH*", "PYTORCH_*",
        "TRITON_*", "TF_*", "XLA_*",
        "JAX_*", "KERAS_*", "HF_*", "HUGGINGFACE_*", "TRANSFORMERS_*", "TOKENIZERS_*", "WANDB_*",
        "MLFLOW_*", "COMET_*",
        "NEPTUNE_*", "SLURM_*", "MASTER_ADDR", "MASTER_PORT", "http_proxy", "https_proxy", "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ]

    func of(_ environment: [String: String]) -> [String: String] {
        let allowed = patterns.map { Self.usual + $0 }
        return environment.filter { name, _ in
            !Self.fits(name, Self.never) && (allowed.map { Self.fits(name, $0) } ?? true)
        }
    }

    private static func fits(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { fnmatch($0, name, 0) == 0 }
    }
}
