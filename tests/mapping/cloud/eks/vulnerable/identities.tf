resource "aws_s3_bucket" "archive" {
  bucket = local.bucket
}

resource "aws_s3_bucket" "gallery" {
  bucket = "print-gallery"
}

resource "aws_s3_bucket_policy" "gallery" {
  bucket = aws_s3_bucket.gallery.id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.gallery.arn}/*" }]
  })
}

resource "aws_iam_role" "invoice_writer" {
  name = "invoice-writer"
  assume_role_policy = jsonencode({
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::444455556666:oidc-provider/${local.oidc}" }
      Condition = { StringLike = { "${local.oidc}:sub" = "system:serviceaccount:print:*" } }
    }]
  })
}

resource "aws_iam_role_policy" "invoice_writer" {
  name = "archive"
  role = aws_iam_role.invoice_writer.id
  policy = jsonencode({
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${aws_s3_bucket.archive.arn}/*"]
      },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${var.drop_folder}/*" },
    ]
  })
}

resource "aws_iam_role" "label_reader" {
  name               = "label-reader"
  assume_role_policy = jsonencode({ Statement = [{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "pods.eks.amazonaws.com" } }] })
}

resource "aws_eks_pod_identity_association" "labels" {
  cluster_name    = "print"
  namespace       = "print"
  service_account = "labels"
  role_arn        = aws_iam_role.label_reader.arn
}

resource "aws_eks_addon" "agent" {
  cluster_name = "print"
  addon_name   = "eks-pod-identity-agent"
}

resource "aws_iam_user" "courier" {
  name = "courier"
}

resource "aws_iam_access_key" "courier" {
  user = aws_iam_user.courier.name
}

resource "aws_iam_user_policy" "courier" {
  name   = "deliver"
  user   = aws_iam_user.courier.name
  policy = jsonencode({ Statement = { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.archive.arn}/*" } })
}

resource "aws_lambda_function" "deliver" {
  function_name = "deliver"
  role          = aws_iam_role.label_reader.arn

  environment {
    variables = {
      KEY_ID     = aws_iam_access_key.courier.id
      SECRET_KEY = aws_iam_access_key.courier.secret
    }
  }
}
