variable "prefix" {
  default = "print"
}

variable "drop_folder" {}

locals {
  bucket = "${var.prefix}-archive"
  oidc   = "oidc.eks.eu-central-1.amazonaws.com/id/0A1B2C"
}
