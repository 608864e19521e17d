import Logging
import SweepModel
import SweepWire

extension ControllerLine {
    /// Its bytes. A line that is longer than a peer takes is replaced by an error that says so.
    func bounded(_ logger: Logger) -> [UInt8] {
        do {
            let bytes = try line()
            if bytes.count <= LineFrameDecoder.maximumLength { return bytes }
            logger.error("a line of \(bytes.count) bytes cannot be sent")
        } catch {
            logger.error("a line \(error)")
        }
        let error = SweepError(.failed, "an answer is too long to be sent")
        if case .client(.item(let id, _)) = self {
            return (try? Self.client(.failed(request: id, error)).line()) ?? []
        }
        return (try? Self.agent(.error(error)).line()) ?? []
    }
}
